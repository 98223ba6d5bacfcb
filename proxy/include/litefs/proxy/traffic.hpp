// What the worker threads share about traffic: the target's gate, what was learned of routes, and counts with
// bounds.
//
// Thread-safe: members are const, atomic or guard themselves. Lives longer than every worker.
#pragma once

#include <atomic>
#include <cstddef>

#include "litefs/config.hpp"
#include "litefs/proxy/access_log.hpp"
#include "litefs/proxy/networks.hpp"
#include "litefs/proxy/route_memory.hpp"
#include "litefs/proxy/target_gate.hpp"
#include "litefs/request_rules.hpp"

namespace litefs::proxy {

struct traffic {
  explicit traffic(proxy_config const& config)
      : rules{.extra_methods = config.extra_methods,
              .body_on_safe_methods = config.body_on_safe_methods,
              .body_max = config.limits.body,
              .headers_max = config.limits.headers},
        trusted(config.trusted_proxies),
        gate(config.limits.target_connections, config.limits.target_queue),
        log(config.log.access, config.log.json) {}

  rule_options const rules;
  networks const trusted;
  target_gate gate;
  route_memory routes;
  access_log log;
  std::atomic<std::size_t> connections{0};
  std::atomic<std::size_t> held{0};
  std::atomic<std::size_t> waiting{0};
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
