#include "litefs/proxy/target_gate.hpp"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "litefs/proxy/stopwatch.hpp"

namespace litefs::proxy {

struct target_gate::waiter {
  explicit waiter(asio::io_context& ctx) : context(ctx), timer(ctx) {}
  asio::io_context& context;
  asio::steady_timer timer;  // touched on context's thread only
  bool granted = false;      // guarded by the gate's mutex
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
    gate.release();
  }
};

target_gate::load target_gate::now() const {
  std::scoped_lock const lock(mutex_);
  return {used_, queue_.size()};
}

target_gate::permit target_gate::try_acquire() {
  std::scoped_lock const lock(mutex_);
  if (used_ >= bound_) return {};
  ++used_;
  return permit(*this);
}

awaitable<result<target_gate::permit>> target_gate::acquire(asio::io_context& ctx,
                                                            std::chrono::milliseconds allowed,
                                                            std::chrono::microseconds& queued) {
  std::shared_ptr<waiter> w;
  {
    std::scoped_lock lock(mutex_);
    if (used_ < bound_) {
      ++used_;
      co_return permit(*this);
    }
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
  w->granted = false;
  co_return permit(*this);
}

// The place passes straight to the first in the queue, so a newcomer cannot overtake it.
void target_gate::release() noexcept {
  std::shared_ptr<waiter> next;
  {
    std::scoped_lock lock(mutex_);
    if (queue_.empty()) {
      --used_;
      return;
    }
    next = std::move(queue_.front());
    queue_.pop_front();
    next->granted = true;
  }
  asio::post(next->context, [next] { next->timer.cancel(); });
}

}  // namespace litefs::proxy
