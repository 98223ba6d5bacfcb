// The consistency cookie, and the header by which the app tells the proxy what it committed.
#include <nanobind/nanobind.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/vector.h>

#include "bind.hpp"
#include "litefs/cookie.hpp"

namespace nb = nanobind;

namespace litefs::python {

namespace {

using id_and_position = std::pair<std::uint32_t, position>;

std::vector<id_and_position> to_pairs(demands const& d) {
  std::vector<id_and_position> pairs;
  pairs.reserve(d.size());
  for (auto const& each : d) pairs.emplace_back(each.database, each.position);
  return pairs;
}

demands to_demands(std::vector<id_and_position> const& pairs) {
  demands d;
  d.reserve(pairs.size());
  for (auto const& [database, pos] : pairs) d.push_back({database, pos});
  return d;
}

}  // namespace

void bind_cookie(nb::module_& m) {
  m.def(
      "parse_demands", [](std::string_view value) { return to_pairs(value_or_raise(parse_demands(value))); },
      nb::arg("value"));
  m.def(
      "format_demands", [](std::vector<id_and_position> const& d) { return format_demands(to_demands(d)); },
      nb::arg("demands"));
  m.def(
      "merge_demands",
      [](std::vector<id_and_position> const& older, std::vector<id_and_position> const& newer) {
        return to_pairs(merge(to_demands(older), to_demands(newer)));
      },
      nb::arg("older"), nb::arg("newer"));
  m.def(
      "format_committed",
      [](std::vector<std::pair<std::string, position>> const& committed) {
        std::vector<database_position> positions;
        positions.reserve(committed.size());
        for (auto const& [database, pos] : committed) positions.push_back({database, pos});
        return format_committed(positions);
      },
      nb::arg("committed"));
}

}  // namespace litefs::python
