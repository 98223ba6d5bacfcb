// A proxy inside the test: one worker thread on port 0, a node made by hand instead of by a configuration
// file.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "litefs/proxy/node.hpp"
#include "litefs/proxy/thread_counts.hpp"
#include "litefs/proxy/worker.hpp"
#include "raw_socket.hpp"

namespace litefs::proxy::test {

inline proxy_config single_config(std::uint16_t target_port) {
  proxy_config c;
  c.addr = {endpoint{.host = "127.0.0.1", .port = 0, .unix_path = {}}};
  c.targets = {endpoint{.host = "127.0.0.1", .port = target_port, .unix_path = {}}};
  c.threads = 1;
  c.log.access = false;
  return c;
}

inline node_state state_of(role r, std::string primary = {}) {
  node_state s;
  s.role = r;
  s.primary = std::move(primary);
  return s;
}

class front_door {
 public:
  // `prepare` sees the node before its threads start.
  explicit front_door(proxy_config config, node_state const& initial = state_of(role::single),
                      std::function<void(node&)> const& prepare = {})
      : node_(std::make_unique<node>(std::move(config))) {
    node_->ready = true;
    node_->target_up = true;
    if (prepare) prepare(*node_);
    workers_ = std::make_unique<worker_group>(*node_, initial);
    workers_->start();
  }

  [[nodiscard]] std::uint16_t port() const { return workers_->bound().front().port; }
  [[nodiscard]] raw_socket connect() const { return raw_socket::connect(port()); }
  [[nodiscard]] node& shared() { return *node_; }
  [[nodiscard]] worker_group& workers() { return *workers_; }
  void become(node_state s, std::optional<tx_event> tx = {}) {
    workers_->post_state(std::make_shared<node_state const>(std::move(s)), std::move(tx));
  }

  // What its threads counted (thread_counts.hpp).
  [[nodiscard]] std::uint64_t counted(counter thread_counts::*which) const {
    std::uint64_t n = 0;
    for (auto const* thread : workers_->counts()) n += (thread->*which).value();
    return n;
  }
  [[nodiscard]] std::uint64_t refused() const {
    std::uint64_t n = 0;
    for (auto const* thread : workers_->counts()) n += thread->all_refusals();
    return n;
  }

  // One request on a connection of its own; the first complete response (or what came before the end).
  [[nodiscard]] std::string ask(std::string_view request) const {
    auto client = connect();
    client.send(request);
    return client.receive_until([](std::string_view b) { return message_size(b) > 0; });
  }

 private:
  std::unique_ptr<node> node_;
  std::unique_ptr<worker_group> workers_;
};

inline int status_of(std::string_view response) {
  return response.size() > 12 && response.starts_with("HTTP/1.1 ")
             ? std::stoi(std::string(response.substr(9, 3)))
             : 0;
}

// Without the lines that differ from run to run.
inline std::string without_line(std::string bytes, std::string_view name) {
  for (auto at = bytes.find(name); at != std::string::npos; at = bytes.find(name))
    bytes.erase(at, bytes.find("\r\n", at) + 2 - at);
  return bytes;
}

template <class Condition>
bool eventually(Condition condition) {
  auto const end = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace litefs::proxy::test
