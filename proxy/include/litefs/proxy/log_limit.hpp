// Lets one line through per period and counts the others, for what many requests find at once. Not
// thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

namespace litefs::proxy {

class log_limit {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  explicit log_limit(std::chrono::seconds period) : period_(period) {}

  // How many were kept back since the last line; nullopt: this one is as well.
  [[nodiscard]] std::optional<std::uint64_t> pass(time_point now) noexcept {
    if (last_ && now - *last_ < period_) {
      ++kept_back_;
      return std::nullopt;
    }
    last_ = now;
    return std::exchange(kept_back_, 0);
  }

 private:
  std::chrono::seconds period_;
  std::optional<time_point> last_;
  std::uint64_t kept_back_ = 0;
};

}  // namespace litefs::proxy
