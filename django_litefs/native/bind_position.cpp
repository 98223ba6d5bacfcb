// Position, its parser, durations and host names.
#include <nanobind/nanobind.h>
#include <nanobind/operators.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>

#include <chrono>
#include <functional>

#include "bind.hpp"
#include "litefs/duration.hpp"
#include "litefs/hostname.hpp"
#include "litefs/position.hpp"

namespace nb = nanobind;

namespace litefs::python {

void bind_position(nb::module_& m) {
  nb::class_<position>(m, "Position")
      .def(
          "__init__",
          [](position* self, std::uint64_t id, std::uint64_t checksum) {
            new (self) position{txid{id}, checksum};
          },
          nb::arg("txid"), nb::arg("checksum"))
      .def_static(
          "parse", [](std::string_view text) { return value_or_raise(parse_position(text)); },
          nb::arg("text"))
      .def_prop_ro("txid", [](position const& p) { return p.txid.value; })
      .def_ro("checksum", &position::checksum)
      .def(nb::self == nb::self, nb::sig("def __eq__(self, other: object, /) -> bool"))
      .def("__hash__",
           [](position const& p) { return std::hash<std::uint64_t>{}(p.txid.value ^ p.checksum); })
      .def("__str__", [](position const& p) { return to_string(p); })
      .def("__repr__", [](position const& p) { return "Position(" + to_string(p) + ")"; });
  m.def(
      "database_id", [](std::string_view name) { return database_id(name); }, nb::arg("name"));
  m.def(
      "valid_hostname", [](std::string_view text) { return valid_hostname(text); }, nb::arg("text"));
  m.def(
      "parse_duration",
      [](std::string_view text) {
        return std::chrono::duration<double>(value_or_raise(parse_duration(text))).count();
      },
      nb::arg("text"));
}

}  // namespace litefs::python
