// What file-system calls tell about a mount. They may block, so the GIL is released around them.
#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>

#include <stdexcept>

#include "bind.hpp"
#include "litefs/mount.hpp"

namespace nb = nanobind;

namespace litefs::python {

namespace {

struct mount_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

template <class T>
T mounted(result<T>&& r) {
  if (r.has_error()) throw mount_error(r.error().message());
  return std::move(r).value();
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
      .def("read", [](position_file const& file) {
        auto read = [&] {
          nb::gil_scoped_release unlocked;
          return file.read();
        }();
        return mounted(std::move(read));
      });
}

}  // namespace litefs::python
