// The native module django_litefs._core: what the proxy and Django must agree on, implemented once in core.
#include <nanobind/nanobind.h>

#include "bind.hpp"

NB_MODULE(_core, m) {
  m.doc() = "Positions, cookies, mount and node page of LiteFS, as litefs-proxy sees them.";
  litefs::python::bind_position(m);
  litefs::python::bind_cookie(m);
  litefs::python::bind_mount(m);
  litefs::python::bind_halt_holder(m);
  litefs::python::bind_node_page(m);
  litefs::python::bind_reads(m);
  litefs::python::bind_stall_breaker(m);
  nanobind::set_leak_warnings(false);  // leak() below is meant
  // An object of a dead mount must never be closed, not even at interpreter exit (closing can stall for
  // seconds).
  m.def(
      "leak", [](nanobind::object o) { (void)o.release(); }, nanobind::arg("value").none());
}
