#include "litefs/proxy/stuck_litefs.hpp"

#include <utility>

#include <spdlog/spdlog.h>

namespace litefs::proxy {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

asio::awaitable<void> stuck_litefs::run() {
  condition::predicate told = [this] { return stopped_; };
  while (!co_await changed_.wait(clock::now() + pace_.interval, told)) {
    if (!in_doubt()) {
      lease_.clear();
      continue;
    }
    auto const found = co_await hooks_.read_lease();
    if (!found || !is_wrong(*found, clock::now()) || std::exchange(freed_, true)) continue;
    spdlog::warn("LiteFS takes {} for the primary, but the lease is held by {}: LiteFS is restarted",
                 hooks_.state().primary.empty() ? "nobody" : hooks_.state().primary,
                 *found ? (*found)->hostname : "nobody");
    hooks_.restart();
  }
}

void stuck_litefs::stop() {
  stopped_ = true;
  changed_.notify();
}

bool stuck_litefs::in_doubt() const {
  auto const now = hooks_.state().role;
  return now == role::disconnected || now == role::unknown || hooks_.unproven();
}

bool stuck_litefs::is_wrong(std::optional<lease_holder> const& holder, time_point now) {
  bool const silence = hooks_.follows_silence();
  auto const& followed = hooks_.state().primary;
  bool const nobody_counts = silence || hooks_.unproven();
  bool const contradicts =
      holder ? holder->hostname != hostname_ && holder->hostname != followed : nobody_counts;
  if (!in_doubt() || !contradicts) {
    lease_.clear();
    return false;
  }
  auto lease = holder ? holder->session : "free, after " + followed;
  if (std::exchange(lease_, lease) != lease) {
    since_ = now;
    freed_ = false;
  }
  return silence || now - since_ >= pace_.patience;
}

}  // namespace litefs::proxy
