// A target on port 0 that answers each request with fixed bytes and keeps what it received.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "raw_socket.hpp"

namespace litefs::proxy::test {

class scripted_upstream {
 public:
  // What to do with one connection.
  using script = std::function<void(raw_socket&, scripted_upstream&)>;

  // Answers every complete request with `response`; closes after it if told so.
  explicit scripted_upstream(std::string response, bool close = false)
      : scripted_upstream([response = std::move(response), close](raw_socket& s, scripted_upstream& self) {
          while (!self.next_request(s).empty()) {
            if (!s.send(response) || close) return;
          }
        }) {}

  // `port` 0: any, else a reserved_port's.
  explicit scripted_upstream(script what, std::uint16_t port = 0) : script_(std::move(what)) {
    listener_ = raw_socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    int const on = 1;
    ::setsockopt(listener_.fd(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (port != 0) ::setsockopt(listener_.fd(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    auto at = raw_socket::loopback(port);
    if (::bind(listener_.fd(), reinterpret_cast<sockaddr*>(&at), sizeof at) != 0 ||
        ::listen(listener_.fd(), 64) != 0)
      throw std::runtime_error("cannot listen");
    socklen_t size = sizeof at;
    ::getsockname(listener_.fd(), reinterpret_cast<sockaddr*>(&at), &size);
    port_ = ntohs(at.sin_port);
    acceptor_ = std::thread([this] { accept_loop(); });
  }

  ~scripted_upstream() {
    stopping_ = true;
    ::shutdown(listener_.fd(), SHUT_RDWR);
    acceptor_.join();
    {
      std::scoped_lock lock(mutex_);
      for (int const fd : open_) ::shutdown(fd, SHUT_RDWR);
    }
    for (auto& t : threads_) t.join();
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }

  // Everything received so far, in order of arrival.
  [[nodiscard]] std::string received() {
    std::scoped_lock lock(mutex_);
    return received_;
  }
  [[nodiscard]] std::size_t connections() const { return connections_; }
  void forget() {
    std::scoped_lock lock(mutex_);
    received_.clear();
  }

  // One complete request; "" when the connection ended before it.
  std::string next_request(raw_socket& s) {
    auto bytes = s.receive_until([](std::string_view b) { return message_size(b) > 0; });
    {
      std::scoped_lock lock(mutex_);
      received_ += bytes;
    }
    return message_size(bytes) > 0 ? bytes : std::string{};
  }

 private:
  void accept_loop() {
    while (!stopping_) {
      raw_socket s(::accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC));
      if (s.fd() < 0) return;
      ++connections_;
      std::scoped_lock lock(mutex_);
      open_.push_back(s.fd());
      threads_.emplace_back([this, moved = std::make_shared<raw_socket>(std::move(s))] {
        script_(*moved, *this);
        std::scoped_lock done(mutex_);
        std::erase(open_, moved->fd());
        *moved = raw_socket();
      });
    }
  }

  script script_;
  raw_socket listener_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_{false};
  std::atomic<std::size_t> connections_{0};
  std::mutex mutex_;
  std::string received_;
  std::vector<int> open_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace litefs::proxy::test
