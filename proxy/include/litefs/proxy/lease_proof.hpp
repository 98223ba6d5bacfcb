// How long this node, as primary, may be sure that it still is. Written by lease_guard, read by the workers.
//
// A primary that was frozen for longer than its lease still believes in it when it thaws: LiteFS accepts
// commits then that are discarded later. So a write's answer leaves only while the proof holds. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>

#include "litefs/proxy/boot_clock.hpp"

namespace litefs::proxy {

class lease_proof {
 public:
  [[nodiscard]] bool holds() const noexcept {
    return boot_clock::now().time_since_epoch().count() < until_.load(std::memory_order_acquire);
  }
  // Changes whenever the lease may have been somebody else's in between.
  [[nodiscard]] std::uint64_t epoch() const noexcept { return epoch_.load(std::memory_order_acquire); }

  void extend(boot_clock::time_point until) noexcept {
    until_.store(until.time_since_epoch().count(), std::memory_order_release);
  }
  void renew() noexcept { epoch_.fetch_add(1, std::memory_order_release); }

 private:
  std::atomic<std::int64_t> until_{INT64_MAX};  // without a lease that can be lost unnoticed: always
  std::atomic<std::uint64_t> epoch_{0};
};

}  // namespace litefs::proxy
