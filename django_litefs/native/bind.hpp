// One function per bound concept; module.cpp calls each once. No logic here: core does the work.
//
// Expected failures of core become Python exceptions: values that cannot be parsed are ValueError, a mount
// that cannot be asked is _core.MountError. All calls hold the GIL unless they can block on the file system.
#pragma once

#include <nanobind/nanobind.h>

#include <stdexcept>
#include <utility>

#include "litefs/error.hpp"

namespace litefs::python {

void bind_position(nanobind::module_& m);
void bind_cookie(nanobind::module_& m);
void bind_halt_holder(nanobind::module_& m);
void bind_mount(nanobind::module_& m);
void bind_node_page(nanobind::module_& m);
void bind_reads(nanobind::module_& m);
void bind_stall_breaker(nanobind::module_& m);

// The value, or ValueError with the code's message.
template <class T>
T value_or_raise(result<T>&& r) {
  if (r.has_error()) throw nanobind::value_error(r.error().message().c_str());
  return std::move(r).value();
}

// Known to Python as _core.MountError.
struct mount_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// The value, or MountError with the code's message.
template <class T>
T mounted(result<T>&& r) {
  if (r.has_error()) throw mount_error(r.error().message());
  return std::move(r).value();
}

}  // namespace litefs::python
