// A blocking TCP connection for tests that speak in raw bytes. Every wait ends after `patience`.
#pragma once

#include <arpa/inet.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace litefs::proxy::test {

inline constexpr std::chrono::milliseconds patience{10'000};

class raw_socket {
 public:
  raw_socket() = default;
  explicit raw_socket(int fd) : fd_(fd) {}
  raw_socket(raw_socket&& o) noexcept : fd_(std::exchange(o.fd_, -1)), buffered_(std::move(o.buffered_)) {}
  raw_socket& operator=(raw_socket&& o) noexcept {
    std::swap(fd_, o.fd_);
    std::swap(buffered_, o.buffered_);
    return *this;
  }
  ~raw_socket() {
    if (fd_ >= 0) ::close(fd_);
  }

  static raw_socket connect(std::uint16_t port) {
    raw_socket s(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    auto const at = loopback(port);
    if (::connect(s.fd_, reinterpret_cast<sockaddr const*>(&at), sizeof at) != 0)
      throw std::runtime_error("cannot connect");
    int const on = 1;
    ::setsockopt(s.fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return s;
  }

  static sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(port);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return at;
  }

  // False if the other side is gone.
  bool send(std::string_view bytes) const {
    while (!bytes.empty()) {
      auto const n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }

  // What arrives next; "" at the end of the stream, after a reset (was_reset) or when patience ends
  // (timed_out).
  std::string receive(std::chrono::milliseconds allowed = patience) {
    pollfd waiting{fd_, POLLIN, 0};
    if (::poll(&waiting, 1, static_cast<int>(allowed.count())) == 0) {
      timed_out = true;
      return {};
    }
    char block[16384];
    auto const n = ::recv(fd_, block, sizeof block, 0);
    if (n < 0) was_reset = true;
    return n > 0 ? std::string(block, static_cast<std::size_t>(n)) : std::string{};
  }

  std::string receive_all() {
    std::string all;
    for (auto piece = receive(); !piece.empty(); piece = receive()) all += piece;
    return all;
  }

  // Until `complete(bytes so far)` or the end.
  template <class Complete>
  std::string receive_until(Complete complete) {
    while (!complete(std::string_view(buffered_))) {
      auto const piece = receive();
      if (piece.empty()) break;
      buffered_ += piece;
    }
    return std::exchange(buffered_, {});
  }
  void push_back(std::string bytes) { buffered_ = std::move(bytes) + buffered_; }

  // Until the other end, a socket of this very process, has read all that was sent, or has sent something.
  // False if patience ends.
  [[nodiscard]] bool wait_consumed() const {
    auto const end = std::chrono::steady_clock::now() + patience;
    for (int other = -1; std::chrono::steady_clock::now() < end; std::this_thread::yield()) {
      if (other < 0) other = other_end();
      pollfd answered{fd_, POLLIN, 0};
      if (::poll(&answered, 1, 0) == 1) return true;
      if (other >= 0 && pending(fd_, SIOCOUTQ) == 0 && pending(other, SIOCINQ) == 0) return true;
    }
    return false;
  }

  void half_close() const { ::shutdown(fd_, SHUT_WR); }
  void reset() {
    linger const now{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    ::close(std::exchange(fd_, -1));
  }
  void close() { ::close(std::exchange(fd_, -1)); }
  [[nodiscard]] int fd() const { return fd_; }

  bool timed_out = false;
  bool was_reset = false;

 private:
  // Not by ioctl(): ThreadSanitizer would take a look at another thread's descriptor for a race with its
  // close().
  static int pending(int fd, unsigned long what) {
    int bytes = -1;
    ::syscall(SYS_ioctl, fd, what, &bytes);
    return bytes;
  }
  using end = int (*)(int, sockaddr*, socklen_t*) noexcept;
  static sockaddr_in name_of(end which, int fd) {
    sockaddr_in name{};
    socklen_t size = sizeof name;
    if (which(fd, reinterpret_cast<sockaddr*>(&name), &size) != 0) name.sin_port = 0;
    return name;
  }
  static bool same(sockaddr_in const& a, sockaddr_in const& b) {
    return a.sin_port == b.sin_port && a.sin_addr.s_addr == b.sin_addr.s_addr;
  }
  // -1 until it is accepted.
  [[nodiscard]] int other_end() const {
    constexpr int descriptors = 256;
    auto const own = name_of(::getsockname, fd_);
    auto const peer = name_of(::getpeername, fd_);
    for (int fd = 0; fd < descriptors; ++fd) {
      if (fd != fd_ && same(name_of(::getpeername, fd), own) && same(name_of(::getsockname, fd), peer))
        return fd;
    }
    return -1;
  }

  int fd_ = -1;
  std::string buffered_;
};

// A port of the loopback that nobody else is given. Connections are refused until somebody listens there with
// SO_REUSEPORT.
class reserved_port {
 public:
  reserved_port() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    int const on = 1;
    ::setsockopt(socket_.fd(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    ::setsockopt(socket_.fd(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    auto at = raw_socket::loopback(0);
    socklen_t size = sizeof at;
    if (::bind(socket_.fd(), reinterpret_cast<sockaddr*>(&at), size) != 0)
      throw std::runtime_error("cannot reserve a port");
    ::getsockname(socket_.fd(), reinterpret_cast<sockaddr*>(&at), &size);
    port_ = ntohs(at.sin_port);
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  raw_socket socket_;
  std::uint16_t port_ = 0;
};

// The length of the first message in `bytes` if it is complete, else 0: head, Content-Length or final chunk.
inline std::size_t message_size(std::string_view bytes) {
  auto const end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) return 0;
  auto const head = bytes.substr(0, end + 2);
  auto const body = end + 4;
  if (auto const at = head.find("\r\nContent-Length: "); at != std::string_view::npos) {
    auto const total = body + std::stoul(std::string(head.substr(at + 18)));
    return bytes.size() >= total ? total : 0;
  }
  if (head.find("\r\nTransfer-Encoding: chunked") == std::string_view::npos) return body;
  auto const last = bytes.find("0\r\n\r\n", body);
  return last == std::string_view::npos ? 0 : last + 5;
}

}  // namespace litefs::proxy::test
