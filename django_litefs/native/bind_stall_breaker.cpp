// The watchdog over statements on a mount that may die. Its calls cost nanoseconds and never block.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include "bind.hpp"
#include "stall_breaker.hpp"

namespace nb = nanobind;

namespace litefs::python {

void bind_stall_breaker(nb::module_& m) {
  nb::class_<stall_breaker>(m, "StallBreaker")
      .def(nb::init<std::string>(), nb::arg("mount"))
      .def("enter", &stall_breaker::enter, nb::arg("device"))
      .def("leave", &stall_breaker::leave, nb::arg("place"));
}

}  // namespace litefs::python
