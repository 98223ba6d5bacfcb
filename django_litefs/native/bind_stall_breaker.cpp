// The watchdog over statements on a mount that may die. Its calls cost nanoseconds and never block.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include "bind.hpp"
#include "stall_breaker.hpp"

namespace nb = nanobind;

namespace litefs::python {

namespace {

class watched_statement {
 public:
  watched_statement(stall_breaker& breaker, std::uint64_t device) noexcept
      : breaker_(breaker), place_(breaker.enter(device)) {}
  watched_statement(watched_statement const&) = delete;
  watched_statement& operator=(watched_statement const&) = delete;
  ~watched_statement() { breaker_.leave(place_); }

 private:
  stall_breaker& breaker_;
  int const place_;
};

}  // namespace

void bind_stall_breaker(nb::module_& m) {
  nb::class_<stall_breaker>(m, "StallBreaker")
      .def(nb::init<std::string>(), nb::arg("mount"))
      .def(
          "watch",
          [](stall_breaker& breaker, std::uint64_t device, nb::callable const& call) {
            watched_statement const statement(breaker, device);
            return nb::object(call());
          },
          nb::arg("device"), nb::arg("call"));
}

}  // namespace litefs::python
