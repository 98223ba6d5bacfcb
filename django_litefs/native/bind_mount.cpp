// What file-system calls tell about a mount. They may block, so the GIL is released around them.
#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>

#include <algorithm>
#include <chrono>
#include <optional>

#include "bind.hpp"
#include "litefs/mount.hpp"
#include "lost_mapping.hpp"
#include "position_wait.hpp"

namespace nb = nanobind;

namespace litefs::python {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds slice{50};  // between two looks for Python's signals

std::optional<position> wait_for(position_file const& file, std::uint64_t id, double timeout) {
  auto const until = std::chrono::steady_clock::now() + std::chrono::duration<double>(timeout);
  for (;;) {
    auto const left = until - std::chrono::steady_clock::now();
    auto const at_most = std::clamp(std::chrono::duration_cast<milliseconds>(left), milliseconds(0), slice);
    auto reached = [&] {
      nb::gil_scoped_release unlocked;
      return wait_for_position(file, txid{id}, at_most);
    }();
    if (auto const found = mounted(std::move(reached))) return found;
    if (left.count() <= 0) return std::nullopt;
    if (PyErr_CheckSignals() != 0) throw nb::python_error();
  }
}

}  // namespace

void bind_mount(nb::module_& m) {
  nb::exception<mount_error>(m, "MountError", PyExc_OSError);
  nb::class_<mount_identity>(m, "MountIdentity")
      .def_ro("device", &mount_identity::device)
      .def_ro("writable", &mount_identity::writable);
  m.def(
      "inspect_mount",
      [](std::string const& path) {
        auto found = [&] {
          nb::gil_scoped_release unlocked;
          return inspect_mount(path);
        }();
        return mounted(std::move(found));
      },
      nb::arg("path"));
  m.def("survive_loss", &survive_loss, nb::arg("mount"), nb::arg("device"));
  nb::class_<position_file>(m, "PositionFile")
      .def(
          "__init__",
          [](position_file* self, std::string const& mount, std::string const& database) {
            auto opened = [&] {
              nb::gil_scoped_release unlocked;
              return position_file::open(mount, database);
            }();
            new (self) position_file(mounted(std::move(opened)));
          },
          nb::arg("mount"), nb::arg("database"))
      .def("read",
           [](position_file const& file) {
             auto read = [&] {
               nb::gil_scoped_release unlocked;
               return file.read();
             }();
             return mounted(std::move(read));
           })
      .def("wait_for", &wait_for, nb::arg("txid"), nb::arg("timeout"));
}

}  // namespace litefs::python
