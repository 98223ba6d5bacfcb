// The boot id of each peer's proxy as its last `restarted` marker told it. Thread-safe.
//
// A sender signs a hop for the receiver's boot; it learns a new one only from an authenticated answer.
// Bounded: a cluster has tens of nodes, so a table that grew beyond `capacity` is dropped and learned again.
#pragma once

#include "litefs/hop.hpp"

#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace litefs::proxy {

class boot_table {
 public:
  static constexpr std::size_t capacity = 1024;

  // unknown_boot ("-") if never heard of.
  [[nodiscard]] std::string of(std::string_view hostname) const {
    std::scoped_lock lock(mutex_);
    auto const found = boots_.find(hostname);
    return found == boots_.end() ? std::string(unknown_boot) : found->second;
  }

  void learn(std::string_view hostname, std::string_view boot) {
    std::scoped_lock lock(mutex_);
    if (boots_.size() >= capacity) boots_.clear();
    boots_.insert_or_assign(std::string(hostname), std::string(boot));
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::string, std::less<>> boots_;
};

}  // namespace litefs::proxy
