// The node page: read by every Django process, written by litefs-proxy (and by tests).
#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include <optional>

#include "bind.hpp"
#include "litefs/node_page.hpp"

namespace nb = nanobind;
using std::chrono::milliseconds;

namespace litefs::python {

namespace {

role to_role(std::string const& name) {
  for (auto r : {role::unknown, role::primary, role::replica, role::disconnected, role::single}) {
    if (to_string(r) == name) return r;
  }
  throw nb::value_error(("no such role: " + name).c_str());
}

}  // namespace

void bind_node_page(nb::module_& m) {
  nb::class_<node_facts>(m, "NodeFacts")
      .def(
          "__init__",
          [](node_facts* self, std::string const& role_name, bool alive, std::uint64_t device,
             std::string const& primary, std::string const& litefs_id, bool frozen) {
            new (self) node_facts{to_role(role_name), alive, device, primary, litefs_id, frozen};
          },
          nb::arg("role"), nb::arg("mount_alive"), nb::arg("mount_device"), nb::arg("primary") = "",
          nb::arg("litefs_id") = "", nb::arg("frozen") = false)
      .def_prop_ro("role", [](node_facts const& f) { return std::string(to_string(f.role)); })
      .def_ro("mount_alive", &node_facts::mount_alive)
      .def_ro("mount_device", &node_facts::mount_device)
      .def_ro("primary", &node_facts::primary)
      .def_ro("litefs_id", &node_facts::litefs_id)
      .def_ro("frozen", &node_facts::frozen);
  nb::class_<node_page_reader>(m, "NodePage")
      .def_static(
          "open",
          [](std::string const& path) -> std::optional<node_page_reader> {
            auto page = node_page_reader::open(path);
            if (page.has_error()) return std::nullopt;
            return std::move(page).value();
          },
          nb::arg("path"))
      .def("version", &node_page_reader::version)
      .def("read",
           [](node_page_reader const& page) -> std::optional<node_facts> {
             auto facts = page.read();
             if (facts.has_error()) return std::nullopt;
             return std::move(facts).value();
           })
      .def("pass_gate", [](node_page_reader const& page) {
        auto passed = page.gate().pass(milliseconds{0});
        if (passed != passage::open) {
          nb::gil_scoped_release const others_run;
          passed = page.gate().pass();
        }
        return to_string(passed).data();
      });
  nb::class_<node_page_writer>(m, "NodePageWriter")
      .def(nb::init<std::string const&>(), nb::arg("path"))
      .def("publish", &node_page_writer::publish, nb::arg("facts"))
      .def("beat", &node_page_writer::beat)
      .def(
          "close_gate",
          [](node_page_writer& page, double lease) {
            page.gate().close(std::chrono::duration_cast<milliseconds>(std::chrono::duration<double>(lease)));
          },
          nb::arg("lease"))
      .def("open_gate", [](node_page_writer& page) { page.gate().open(); });
  m.def("default_page_path", &default_page_path, nb::arg("mount"));
}

}  // namespace litefs::python
