#include "litefs/proxy/identity.hpp"

#include <grp.h>
#include <pwd.h>

#include <cerrno>

namespace litefs::proxy {

namespace {

constexpr std::size_t buffer_bytes = 64 * 1024;
constexpr int groups_max = 1024;

}  // namespace

result<identity> find_identity(std::string const& name) {
  std::vector<char> buffer(buffer_bytes);
  passwd entry{};
  passwd* found = nullptr;
  int const error = ::getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (found == nullptr)
    return boost::system::error_code(error != 0 ? error : ENOENT, boost::system::system_category());
  identity who{.name = name, .home = entry.pw_dir, .user = entry.pw_uid, .group = entry.pw_gid};
  who.groups.resize(groups_max);
  int count = groups_max;
  if (::getgrouplist(name.c_str(), who.group, who.groups.data(), &count) < 0) count = groups_max;
  who.groups.resize(static_cast<std::size_t>(count));
  return who;
}

}  // namespace litefs::proxy
