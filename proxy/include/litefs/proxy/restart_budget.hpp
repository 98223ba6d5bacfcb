// How often a child may be started again: with a growing pause, and not more than `starts_max` times within
// `window`.
//
// A value; the caller gives the time. Not thread-safe.
#pragma once

#include "litefs/node_state.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <optional>

namespace litefs::proxy {

class restart_budget {
 public:
  static constexpr std::size_t starts_max = 5;
  static constexpr std::chrono::seconds window{60};
  static constexpr std::chrono::milliseconds first_pause{100};
  static constexpr std::chrono::milliseconds pause_max{5'000};

  // The pause before the next start; empty: give up.
  std::optional<std::chrono::milliseconds> spend(time_point now) {
    while (!spent_.empty() && now - spent_.front() > window) spent_.pop_front();
    if (spent_.size() >= starts_max) return std::nullopt;
    auto const pause = std::min(first_pause * (1 << spent_.size()), pause_max);
    spent_.push_back(now);
    return pause;
  }

 private:
  std::deque<time_point> spent_;
};

}  // namespace litefs::proxy
