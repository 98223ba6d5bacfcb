// The process's own page of open reads. Its calls cost nanoseconds and never block.
#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <optional>
#include <utility>

#include "bind.hpp"
#include "litefs/read_pages.hpp"

namespace nb = nanobind;

namespace litefs::python {

namespace {

read_count to_count(std::string const& name) {
  for (std::size_t i = 0; i < read_count_kinds; ++i) {
    if (to_string(static_cast<read_count>(i)) == name) return static_cast<read_count>(i);
  }
  throw nb::value_error(("no such count: " + name).c_str());
}

}  // namespace

void bind_reads(nb::module_& m) {
  nb::class_<read_page>(m, "ReadPage")
      .def_static(
          "create",
          [](std::string const& node_page) -> std::optional<read_page> {
            auto page = read_page::create(read_pages_folder(node_page));
            if (page.has_error()) return std::nullopt;
            return std::move(page).value();
          },
          nb::arg("node_page"))
      .def("begin", &read_page::begin)
      .def("end", &read_page::end, nb::arg("place"))
      .def(
          "count", [](read_page& page, std::string const& what) { page.count(to_count(what)); },
          nb::arg("what"));
  m.def(
      "open_reads",
      [](std::string const& node_page) {
        std::vector<std::pair<int, double>> found;
        for (auto const& r : open_reads(read_pages_folder(node_page)))
          found.emplace_back(r.pid, std::chrono::duration<double>(r.age).count());
        return found;
      },
      nb::arg("node_page"));
  nb::class_<read_pages>(m, "ReadPages")
      .def(
          "__init__",
          [](read_pages* self, std::string const& node_page) {
            new (self) read_pages(read_pages_folder(node_page));
          },
          nb::arg("node_page"))
      .def(
          "count",
          [](read_pages& pages, std::string const& what) { return pages.look().count(to_count(what)); },
          nb::arg("what"));
}

}  // namespace litefs::python
