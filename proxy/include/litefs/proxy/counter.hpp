// Numbers that one thread writes and any thread may read.
//
// Writing is a plain load and store: no lock, no atomic read-modify-write, no cache line that threads share.
// A reader may see one number newer than another. Only the owning thread may call add(), set() and observe().
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>

namespace litefs::proxy {

class counter {
 public:
  void add(std::uint64_t n = 1) noexcept { set(value() + n); }
  void set(std::uint64_t n) noexcept { value_.store(n, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// Durations in buckets that fit all we measure: from a quick read to the longest wait for a primary.
class histogram {
 public:
  using duration = std::chrono::microseconds;
  static constexpr std::array<duration, 15> bounds{
      duration(500),       duration(1'000),      duration(2'500),     duration(5'000),
      duration(10'000),    duration(25'000),     duration(50'000),    duration(100'000),
      duration(250'000),   duration(500'000),    duration(1000'000),  duration(2'500'000),
      duration(5'000'000), duration(10'000'000), duration(30'000'000)};

  void observe(duration took) noexcept {
    auto const bucket = std::lower_bound(bounds.begin(), bounds.end(), took) - bounds.begin();
    counts_[static_cast<std::size_t>(bucket)].add();
    sum_.add(static_cast<std::uint64_t>(std::max<duration::rep>(took.count(), 0)));
  }

  // Of one bucket alone; the last one is everything beyond the bounds.
  [[nodiscard]] std::uint64_t count(std::size_t bucket) const noexcept { return counts_[bucket].value(); }
  [[nodiscard]] std::uint64_t count() const noexcept {
    std::uint64_t n = 0;
    for (auto const& c : counts_) n += c.value();
    return n;
  }
  [[nodiscard]] duration sum() const noexcept { return duration(static_cast<duration::rep>(sum_.value())); }

 private:
  std::array<counter, bounds.size() + 1> counts_;
  counter sum_;  // microseconds
};

}  // namespace litefs::proxy
