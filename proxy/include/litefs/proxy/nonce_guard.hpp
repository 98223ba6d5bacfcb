// Judges whether an authenticated hop is new to this process; shared by all worker threads. Thread-safe.
//
// Senders sign for our boot id. The nonces seen under it are bounded and none may be forgotten, so a full
// table is emptied together with a new boot id: hops signed for the old one are refused as `restarted`, which
// is provably not executed and tells the sender the new id. admit() returns errc::hop_restarted or
// errc::hop_replayed.
#pragma once

#include "litefs/hop.hpp"

#include <mutex>
#include <string>
#include <utility>

namespace litefs::proxy {

class nonce_guard {
 public:
  static constexpr std::size_t default_capacity = 1 << 16;  // about 10 MB

  explicit nonce_guard(std::string boot, std::size_t capacity = default_capacity)
      : boot_(std::move(boot)), capacity_(capacity), seen_(capacity) {}

  result<void> admit(hop const& h) {
    std::scoped_lock lock(mutex_);
    if (h.boot != boot_) return errc::hop_restarted;
    auto const fresh = seen_.insert(h.nonce);
    if (!fresh.has_error() || fresh.error() != errc::nonce_table_full) return fresh;
    boot_ = random_hex(boot_.size() / 2);
    seen_ = nonce_table(capacity_);
    return errc::hop_restarted;
  }

  // What a hop must be signed for now.
  [[nodiscard]] std::string boot() const {
    std::scoped_lock lock(mutex_);
    return boot_;
  }

 private:
  mutable std::mutex mutex_;
  std::string boot_;
  std::size_t const capacity_;
  nonce_table seen_;
};

}  // namespace litefs::proxy
