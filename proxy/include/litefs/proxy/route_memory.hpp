// Safe routes whose view wanted to write: they go straight to the primary for a while, instead of running
// twice.
//
// Bounded (cleared when full, it is learned again) and each entry forgotten after `lifetime`. Thread-safe;
// asking costs one atomic load while nothing is remembered.
#pragma once

#include <atomic>
#include <chrono>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace litefs::proxy {

class route_memory {
 public:
  using time_point = std::chrono::steady_clock::time_point;
  static constexpr std::size_t capacity = 1024;
  static constexpr std::chrono::minutes lifetime{10};

  void remember(std::string_view method, std::string_view path, time_point now) {
    std::scoped_lock lock(mutex_);
    if (until_.size() >= capacity) until_.clear();
    until_.insert_or_assign(key(method, path), now + lifetime);
    any_.store(true, std::memory_order_relaxed);
  }

  [[nodiscard]] bool knows(std::string_view method, std::string_view path, time_point now) {
    if (!any_.load(std::memory_order_relaxed)) return false;
    std::scoped_lock lock(mutex_);
    auto const found = until_.find(key(method, path));
    if (found == until_.end()) return false;
    if (now < found->second) return true;
    until_.erase(found);
    return false;
  }

 private:
  static std::string key(std::string_view method, std::string_view path) {
    return std::string(method).append(1, ' ').append(path);
  }

  std::atomic<bool> any_{false};
  std::mutex mutex_;
  std::unordered_map<std::string, time_point> until_;
};

}  // namespace litefs::proxy
