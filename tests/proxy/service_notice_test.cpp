// What a service manager hears, on a socket that stands for its.
#include "litefs/proxy/service_notice.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <string>

namespace litefs::proxy {
namespace {

class manager {
 public:
  manager() : name_("@litefs-notice-" + std::to_string(::getpid())) {
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    name_.copy(at.sun_path, name_.size());
    at.sun_path[0] = '\0';
    auto const length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name_.size());
    EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr const*>(&at), length), 0);
    ::setenv("NOTIFY_SOCKET", name_.c_str(), 1);
  }
  ~manager() { ::close(socket_); }
  manager(manager const&) = delete;
  manager& operator=(manager const&) = delete;

  [[nodiscard]] std::string heard() const {
    std::array<char, 64> buffer{};
    auto const size = ::recv(socket_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    return size < 0 ? "" : std::string(buffer.data(), static_cast<std::size_t>(size));
  }

 private:
  int socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  std::string name_;
};

TEST(service_notice, says_ready_once_and_stopping) {
  manager const m;
  service_notice notice;
  EXPECT_EQ(std::getenv("NOTIFY_SOCKET"), nullptr) << "a child could speak for the node";
  EXPECT_EQ(m.heard(), "");
  notice.ready();
  notice.ready();
  EXPECT_EQ(m.heard(), "READY=1");
  EXPECT_EQ(m.heard(), "");
  notice.stopping();
  EXPECT_EQ(m.heard(), "STOPPING=1");
}

TEST(service_notice, nobody_listens) {
  ::setenv("NOTIFY_SOCKET", "/no/such/socket", 1);
  service_notice gone;
  gone.ready();
  service_notice none;
  none.ready();
}

TEST(end_with_parent, a_parent_that_is_gone_ends_us_at_once) {
  EXPECT_EXIT(end_with_parent(::getppid() + 1), ::testing::KilledBySignal(SIGTERM), "");
}

}  // namespace
}  // namespace litefs::proxy
