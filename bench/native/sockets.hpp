// What the benchmark's two servers share: IPv4 sockets that never block, and one epoll over them. An error of
// the system ends the program.
#pragma once

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

namespace bench {

inline int need(int result) {
  if (result < 0) throw std::system_error(errno, std::generic_category());
  return result;
}

// "127.0.0.1:8000"
inline sockaddr_in address(std::string const& text) {
  auto const colon = text.rfind(':');
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_port = htons(static_cast<std::uint16_t>(std::stoi(text.substr(colon + 1))));
  if (::inet_pton(AF_INET, text.substr(0, colon).c_str(), &a.sin_addr) != 1)
    throw std::invalid_argument(text);
  return a;
}

inline int new_socket() { return need(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)); }

inline void send_at_once(int fd) {
  int const on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

inline int listen_at(std::string const& where) {
  int const fd = new_socket();
  int const on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  auto const a = address(where);
  need(::bind(fd, reinterpret_cast<sockaddr const*>(&a), sizeof a));
  need(::listen(fd, 1024));
  return fd;
}

// A new connection, or -1.
inline int accept_from(int listener) {
  int const fd = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd >= 0) send_at_once(fd);
  return fd;
}

class poller {
 public:
  void watch(int fd, std::uint32_t events = EPOLLIN) { control(EPOLL_CTL_ADD, fd, events); }
  void change(int fd, std::uint32_t events) { control(EPOLL_CTL_MOD, fd, events); }
  std::span<epoll_event const> wait() {
    int const n = ::epoll_wait(fd_, events_.data(), static_cast<int>(events_.size()), -1);
    return {events_.data(), static_cast<std::size_t>(n < 0 ? 0 : n)};
  }

 private:
  void control(int how, int fd, std::uint32_t events) {
    epoll_event e{};
    e.events = events;
    e.data.fd = fd;
    need(::epoll_ctl(fd_, how, fd, &e));
  }

  int fd_ = need(::epoll_create1(EPOLL_CLOEXEC));
  std::array<epoll_event, 256> events_{};
};

}  // namespace bench
