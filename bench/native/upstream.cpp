// upstream LISTEN: an application that costs next to nothing. GET and POST anything answer 1 KiB, /64k 64
// KiB.
//
// Its head is what a Django view's looks like behind gunicorn. Understands what our proxies under test send
// (Content-Length or chunked bodies that end with their request) and nothing more.
#include <algorithm>
#include <cstring>
#include <vector>

#include "sockets.hpp"

namespace {

using namespace bench;

constexpr std::size_t read_least = 16 * 1024;

std::string response(std::size_t body) {
  return "HTTP/1.1 200 OK\r\nServer: upstream\r\nDate: Wed, 25 Nov 2026 12:00:00 GMT\r\n"
         "Content-Type: text/html; charset=utf-8\r\nX-Frame-Options: DENY\r\nContent-Length: " +
         std::to_string(body) + "\r\nX-Content-Type-Options: nosniff\r\n\r\n" + std::string(body, 'x');
}

// Where the request at the beginning of `bytes` ends; 0 while it has not.
std::size_t end_of_request(std::string_view bytes) {
  auto const head = bytes.find("\r\n\r\n");
  if (head == std::string_view::npos) return 0;
  auto const begin = bytes.substr(0, head + 2);
  auto const value = [&](std::string_view name) -> char const* {
    auto const at = std::search(begin.begin(), begin.end(), name.begin(), name.end(), [](char a, char b) {
      return (a >= 'A' && a <= 'Z' ? a + ('a' - 'A') : a) == b;
    });
    return at == begin.end() ? nullptr : &*at + name.size();
  };
  if (value("\r\ntransfer-encoding:") != nullptr) {
    auto const last = bytes.find("0\r\n\r\n", head + 4);
    return last == std::string_view::npos ? 0 : last + 5;
  }
  auto const* const length = value("\r\ncontent-length:");
  auto const all = head + 4 + (length == nullptr ? 0 : std::strtoul(length, nullptr, 10));
  return bytes.size() < all ? 0 : all;
}

class server {
 public:
  explicit server(std::string const& where) : listener_(listen_at(where)) { poller_.watch(listener_); }

  [[noreturn]] void run() {
    for (;;)
      for (auto const& event : poller_.wait()) {
        if (event.data.fd == listener_)
          take();
        else if ((event.events & EPOLLOUT) != 0)
          send_to(event.data.fd, {});
        else
          serve(event.data.fd);
      }
  }

 private:
  struct connection {
    std::string in;
    std::string unsent;
    bool closing = false;
  };

  void take() {
    int const fd = accept_from(listener_);
    if (fd < 0) return;
    if (connections_.size() <= static_cast<std::size_t>(fd))
      connections_.resize(static_cast<std::size_t>(fd) + 64);
    at(fd) = {};
    poller_.watch(fd);
  }

  void serve(int fd) {
    auto& c = at(fd);
    auto const n = ::recv(fd, buffer_.data(), buffer_.size(), 0);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) {
      ::close(fd);
      return;
    }
    c.in.append(buffer_.data(), static_cast<std::size_t>(n));
    while (auto const end = end_of_request(c.in)) {
      std::string_view const request(c.in.data(), end);
      auto const path = request.substr(request.find(' ') + 1);
      c.closing = request.find("onnection: close\r\n") != std::string_view::npos ||
                  request.find(" HTTP/1.0\r\n") != std::string_view::npos;
      send_to(fd, path.starts_with("/64k ") ? large_ : small_);
      if (c.closing && c.unsent.empty()) {
        ::close(fd);
        return;
      }
      c.in.erase(0, end);
    }
  }

  void send_to(int fd, std::string_view bytes) {
    auto& c = at(fd);
    if (!c.unsent.empty() || bytes.empty()) {
      c.unsent += bytes;
      auto const sent = ::send(fd, c.unsent.data(), c.unsent.size(), MSG_NOSIGNAL);
      if (sent > 0) c.unsent.erase(0, static_cast<std::size_t>(sent));
      if (!c.unsent.empty()) return;
      if (c.closing)
        ::close(fd);
      else
        poller_.change(fd, EPOLLIN);
      return;
    }
    auto const sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    bytes.remove_prefix(sent > 0 ? static_cast<std::size_t>(sent) : 0);
    if (bytes.empty()) return;
    c.unsent = bytes;
    poller_.change(fd, EPOLLOUT);
  }

  connection& at(int fd) { return connections_[static_cast<std::size_t>(fd)]; }

  int listener_;
  poller poller_;
  std::vector<connection> connections_;
  std::vector<char> buffer_ = std::vector<char>(read_least);
  std::string small_ = response(1024);
  std::string large_ = response(64 * 1024);
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return EXIT_FAILURE;
  server(argv[1]).run();
}
