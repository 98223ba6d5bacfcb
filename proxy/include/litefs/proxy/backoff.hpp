// Pauses between attempts that go on for ever: doubling from 50 ms to 1 s, each half to all of that, so that
// nodes do not come back in step. Not thread-safe.
#pragma once

#include <algorithm>
#include <chrono>
#include <random>

namespace litefs::proxy {

class backoff {
 public:
  static constexpr std::chrono::milliseconds first{50};
  static constexpr std::chrono::milliseconds longest{1'000};

  [[nodiscard]] std::chrono::milliseconds next() {
    using count = std::chrono::milliseconds::rep;
    std::uniform_int_distribution<count> jitter(pause_.count() / 2, pause_.count());
    pause_ = std::min(pause_ * 2, longest);
    return std::chrono::milliseconds(jitter(random_));
  }
  void reset() noexcept { pause_ = first; }

 private:
  std::minstd_rand random_{std::random_device{}()};
  std::chrono::milliseconds pause_ = first;
};

}  // namespace litefs::proxy
