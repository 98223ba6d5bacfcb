// The user that a child runs as. find_identity() asks the system's databases, so it may block; it returns
// ENOENT if there is no such user. Values, thread-safe.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "litefs/error.hpp"

namespace litefs::proxy {

struct identity {
  std::string name;
  std::string home;
  uid_t user = 0;
  gid_t group = 0;
  std::vector<gid_t> groups{};  // all of them
};

[[nodiscard]] result<identity> find_identity(std::string const& name);

}  // namespace litefs::proxy
