// The HALT lock, held on a thread of its own. Waiting releases the GIL and lets Python's signals through.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include <algorithm>

#include "bind.hpp"
#include "halt_holder.hpp"
#include "litefs/halt_lock.hpp"

namespace nb = nanobind;

namespace litefs::python {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds slice{50};  // between two looks for Python's signals

milliseconds to_ms(double seconds) { return milliseconds(static_cast<std::int64_t>(seconds * 1000)); }

bool wait_acquired(halt_holder const& holder, double timeout) {
  auto const until = std::chrono::steady_clock::now() + to_ms(timeout);
  for (;;) {
    auto const now = std::chrono::steady_clock::now();
    auto const left = std::chrono::duration_cast<milliseconds>(until - now);
    auto const state = [&] {
      nb::gil_scoped_release unlocked;
      return holder.wait_acquired(std::clamp(left, milliseconds(0), slice));
    }();
    if (state != halt_holder::state::waiting) return state == halt_holder::state::held;
    if (left <= milliseconds(0)) return false;
    if (PyErr_CheckSignals() != 0) throw nb::python_error();
  }
}

}  // namespace

void bind_halt_holder(nb::module_& m) {
  nb::class_<halt_holder>(m, "HaltHolder")
      .def(
          "__init__",
          [](halt_holder* self, std::string mount, std::string database, double hold) {
            new (self) halt_holder(std::move(mount), std::move(database), to_ms(hold));
          },
          nb::arg("mount"), nb::arg("database"), nb::arg("hold"))
      .def("wait_acquired", &wait_acquired, nb::arg("timeout"))
      .def(
          "release",
          [](halt_holder& holder, double timeout) {
            nb::gil_scoped_release unlocked;
            return holder.release(to_ms(timeout));
          },
          nb::arg("timeout"))
      .def_prop_ro("problem", &halt_holder::problem);
  m.def(
      "is_halted",
      [](std::string const& mount, std::string const& database) {
        auto halted = [&] {
          nb::gil_scoped_release unlocked;
          return is_halted(mount, database);
        }();
        return mounted(std::move(halted));
      },
      nb::arg("mount"), nb::arg("database"));
}

}  // namespace litefs::python
