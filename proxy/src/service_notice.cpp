#include "litefs/proxy/service_notice.hpp"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace litefs::proxy {

namespace {

constexpr auto variable = "NOTIFY_SOCKET";

std::string taken_from_environment() {
  char const* const value = std::getenv(variable);
  std::string path = value == nullptr ? "" : value;
  ::unsetenv(variable);
  return path;
}

}  // namespace

service_notice::service_notice() : socket_(taken_from_environment()) {}

void service_notice::ready() noexcept {
  if (!told_) send("READY=1");
  told_ = true;
}

void service_notice::stopping() noexcept { send("STOPPING=1"); }

void service_notice::send(std::string_view state) const noexcept {
  sockaddr_un to{};
  if (socket_.empty() || socket_.size() >= sizeof to.sun_path) return;
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path, socket_.data(), socket_.size());
  if (to.sun_path[0] == '@') to.sun_path[0] = '\0';  // Linux's abstract names
  auto const length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  int const s = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (s < 0) return;
  [[maybe_unused]] auto const sent = ::sendto(s, state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                                              reinterpret_cast<sockaddr const*>(&to), length);
  ::close(s);
}

void end_with_parent(int parent) noexcept {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::raise(SIGTERM);  // it ended before prctl could count
}

}  // namespace litefs::proxy
