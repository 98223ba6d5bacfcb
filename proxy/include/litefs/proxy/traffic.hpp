// What the worker threads share about traffic: the target's gate, what was learned of routes, and counts with
// bounds.
//
// Thread-safe: members are const, atomic or guard themselves. Lives longer than every worker.
#pragma once

#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <span>

#include "litefs/config.hpp"
#include "litefs/proxy/access_log.hpp"
#include "litefs/proxy/log_file.hpp"
#include "litefs/proxy/route_memory.hpp"
#include "litefs/proxy/target_gate.hpp"

namespace litefs::proxy {

struct traffic {
  traffic(proxy_config const& config, std::span<std::atomic<bool> const> down)
      : gate(down.first(config.targets.size()), config.limits.target_connections, config.limits.target_queue),
        access_file(config.log.access_file, STDOUT_FILENO, "log.access-file"),
        log(true, config.log.json, access_file.descriptor()) {}

  target_gate gate;
  route_memory routes;
  log_file const access_file;
  access_log log;  // of who asks for it: log.access may change
  std::atomic<std::size_t> connections{0};
  std::atomic<std::size_t> held{0};
  std::atomic<std::size_t> waiting{0};
  std::atomic<std::size_t> acknowledging{0};    // writes whose answers wait for the candidates
  std::atomic<std::size_t> writes_running{0};   // unsafe requests that the app runs
  std::atomic<std::size_t> threads_holding{0};  // worker threads that let no more of them through
};

// A place under a bound, given back when destroyed.
class place {
 public:
  place(std::atomic<std::size_t>& used, std::size_t bound) noexcept {
    if (used.fetch_add(1, std::memory_order_relaxed) < bound)
      used_ = &used;
    else
      used.fetch_sub(1, std::memory_order_relaxed);
  }
  place(place const&) = delete;
  place& operator=(place const&) = delete;
  ~place() {
    if (used_ != nullptr) used_->fetch_sub(1, std::memory_order_relaxed);
  }
  [[nodiscard]] explicit operator bool() const noexcept { return used_ != nullptr; }

 private:
  std::atomic<std::size_t>* used_ = nullptr;
};

}  // namespace litefs::proxy
