#include "litefs/proxy/target_gate.hpp"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <numeric>

#include "litefs/proxy/stopwatch.hpp"

namespace litefs::proxy {

struct target_gate::waiter {
  explicit waiter(asio::io_context& ctx) : context(ctx), timer(ctx) {}
  asio::io_context& context;
  asio::steady_timer timer;            // touched on context's thread only
  std::optional<std::size_t> granted;  // a place at that target; guarded by the gate's mutex
};

// Whoever stops waiting, for whatever reason, leaves the queue; a place granted meanwhile goes to the next.
struct target_gate::leaver {
  target_gate& gate;
  std::shared_ptr<waiter> w;
  ~leaver() {
    {
      std::scoped_lock lock(gate.mutex_);
      std::erase(gate.queue_, w);
      if (!w->granted) return;
    }
    gate.release(*w->granted);
  }
};

target_gate::load target_gate::now() const {
  std::scoped_lock const lock(mutex_);
  return {std::accumulate(used_.begin(), used_.end(), std::size_t{0}), queue_.size()};
}

target_gate::permit target_gate::try_acquire() {
  std::scoped_lock const lock(mutex_);
  return take_place();
}

awaitable<result<target_gate::permit>> target_gate::acquire(asio::io_context& ctx,
                                                            std::chrono::milliseconds allowed,
                                                            std::chrono::microseconds& queued) {
  std::shared_ptr<waiter> w;
  {
    std::scoped_lock lock(mutex_);
    if (auto free = take_place()) co_return free;
    if (queue_.size() >= queue_max_) co_return error_code(asio::error::no_buffer_space);
    w = std::make_shared<waiter>(ctx);
    queue_.push_back(w);
  }
  leaver const leave{*this, w};
  stopwatch const in_queue(queued);
  w->timer.expires_after(allowed);
  co_await w->timer.async_wait(no_throw);
  std::scoped_lock lock(mutex_);
  if (!w->granted) co_return error_code(asio::error::timed_out);
  auto const target = *std::exchange(w->granted, std::nullopt);
  co_return permit(*this, target);
}

// With the lock held.
target_gate::permit target_gate::take_place() noexcept {
  auto const target = queue_.empty() ? choose() : std::nullopt;
  if (!target) return {};
  ++used_[*target];
  return {*this, *target};
}

void target_gate::admit() {
  std::scoped_lock const lock(mutex_);
  admit_locked();
}

// A place passes straight to the first in the queue, so a newcomer cannot overtake it.
void target_gate::release(std::size_t target) noexcept {
  std::scoped_lock const lock(mutex_);
  --used_[target];
  admit_locked();
}

void target_gate::let_rest(std::size_t target) noexcept {
  std::scoped_lock const lock(mutex_);
  rests_until_[target] = clock::now() + rest;
}

bool target_gate::usable(std::size_t target, time_point now) const noexcept {
  return !down_[target].load(std::memory_order_relaxed) && rests_until_[target] <= now;
}

// With the lock held. If none can be asked, any may be tried: the request will find out.
std::optional<std::size_t> target_gate::choose() noexcept {
  auto const n = targets();
  if (n == 1) return used_[0] < bound_ ? std::optional<std::size_t>(0) : std::nullopt;
  auto const now = clock::now();
  bool any_usable = false;
  for (std::size_t i = 0; i < n; ++i) any_usable = any_usable || usable(i, now);
  std::optional<std::size_t> best;
  for (std::size_t i = 1; i <= n; ++i) {
    auto const target = (last_ + i) % n;
    bool const candidate = used_[target] < bound_ && (!any_usable || usable(target, now));
    if (candidate && (!best || used_[target] < used_[*best])) best = target;
  }
  if (best) last_ = *best;
  return best;
}

void target_gate::admit_locked() {
  while (!queue_.empty()) {
    auto const target = choose();
    if (!target) return;
    ++used_[*target];
    auto next = std::move(queue_.front());
    queue_.pop_front();
    next->granted = target;
    asio::post(next->context, [next] { next->timer.cancel(); });
  }
}

}  // namespace litefs::proxy
