#include "litefs/proxy/inherited_listeners.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

#include "litefs/proxy/local_address.hpp"
#include "litefs/proxy/successor.hpp"

namespace litefs::proxy {

namespace {

constexpr int first_descriptor = 3;  // SD_LISTEN_FDS_START

// The variable's number, and it is gone; -1 if it holds none.
int taken_number(char const* name) {
  char const* const text = std::getenv(name);
  int number = -1;
  if (text != nullptr) std::from_chars(text, text + std::strlen(text), number);
  ::unsetenv(name);
  return number;
}

socket_address address_of(int descriptor) {
  socket_address found;
  auto size = static_cast<socklen_t>(found.capacity());
  bool const known = ::getsockname(descriptor, found.data(), &size) == 0;
  found.resize(known ? size : 0);
  return found;
}

bool is_any(socket_address const& a) {
  auto const copy = [&](auto& form) { std::memcpy(&form, a.data(), std::min(a.size(), sizeof form)); };
  if (a.data()->sa_family == AF_INET) {
    sockaddr_in v4{};
    copy(v4);
    return v4.sin_addr.s_addr == INADDR_ANY;
  }
  sockaddr_in6 v6{};
  copy(v6);
  return a.data()->sa_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&v6.sin6_addr);
}

// ":8081" is every address, of either family; a path may be bound with or without its trailing zero.
bool serves(int descriptor, endpoint const& at) {
  auto const bound = address_of(descriptor);
  if (bound.size() == 0) return false;
  int const family = bound.data()->sa_family;
  if (!at.unix_path.empty()) {
    constexpr auto path_at = offsetof(sockaddr_un, sun_path);
    if (family != AF_UNIX || bound.size() <= path_at) return false;
    auto const* const bytes = reinterpret_cast<char const*>(bound.data());
    std::string_view const path(bytes + path_at, bound.size() - path_at);
    return path.substr(0, path.find('\0')) == at.unix_path;
  }
  if (at.port == 0 || (family != AF_INET && family != AF_INET6) || port_of(bound) != at.port) return false;
  return at.host.empty() ? is_any(bound) : bound == local_address(at);
}

}  // namespace

inherited_listeners inherited_listeners::from_environment() {
  inherited_listeners all;
  int const from_predecessor = taken_number(listeners_variable);
  int const systemd_pid = taken_number("LISTEN_PID");
  int const from_systemd = taken_number("LISTEN_FDS");
  ::unsetenv("LISTEN_FDNAMES");
  all.ready_ = taken_number(ready_variable);
  int const count = from_predecessor >= 0 ? from_predecessor : systemd_pid == ::getpid() ? from_systemd : 0;
  for (int fd = first_descriptor; fd < first_descriptor + count; ++fd) {
    ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    int listening = 0;
    socklen_t size = sizeof listening;
    bool const known = ::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0;
    if (known && listening != 0) all.open_.push_back(fd);
  }
  if (all.ready_ >= 0) ::fcntl(all.ready_, F_SETFD, FD_CLOEXEC);
  return all;
}

inherited_listeners::inherited_listeners(inherited_listeners&& other) noexcept
    : open_(std::exchange(other.open_, {})), ready_(std::exchange(other.ready_, -1)) {}

inherited_listeners::~inherited_listeners() {
  for (int const fd : open_) ::close(fd);
  if (ready_ >= 0) ::close(ready_);
}

bool inherited_listeners::has(endpoint const& at) const {
  return std::any_of(open_.begin(), open_.end(), [&](int fd) { return serves(fd, at); });
}

std::vector<int> inherited_listeners::take(endpoint const& at) {
  auto const first =
      std::stable_partition(open_.begin(), open_.end(), [&](int fd) { return !serves(fd, at); });
  std::vector<int> taken(first, open_.end());
  open_.erase(first, open_.end());
  return taken;
}

void inherited_listeners::close_rest() noexcept {
  if (!open_.empty())
    spdlog::warn("{} inherited sockets are none of our addresses: closed; what waits there is cut",
                 open_.size());
  for (int const fd : std::exchange(open_, {})) ::close(fd);
}

void inherited_listeners::taken_over() noexcept {
  if (ready_ < 0) return;
  [[maybe_unused]] auto const told = ::write(ready_, "1", 1);
  ::close(std::exchange(ready_, -1));
}

}  // namespace litefs::proxy
