// Bounds how many requests are at the target at once, summed over all worker threads; the others queue, first
// come first served, bounded in number and time.
//
// Thread-safe. A permit gives its place back when destroyed, on any thread. Idle kept connections hold no
// permit: they end after timeouts.target-idle.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <utility>

#include "litefs/proxy/net.hpp"

namespace litefs::proxy {

class target_gate {
 public:
  class permit {
   public:
    permit() = default;
    explicit permit(target_gate& gate) noexcept : gate_(&gate) {}
    permit(permit&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
    permit& operator=(permit&& other) noexcept {
      std::swap(gate_, other.gate_);
      return *this;
    }
    ~permit() {
      if (gate_ != nullptr) gate_->release();
    }
    [[nodiscard]] explicit operator bool() const noexcept { return gate_ != nullptr; }

   private:
    target_gate* gate_ = nullptr;
  };

  target_gate(std::size_t bound, std::size_t queue_max) : bound_(bound), queue_max_(queue_max) {}

  // A place if one is free and nobody waits; an empty permit otherwise.
  [[nodiscard]] permit try_acquire();
  // Must be called on `ctx`'s thread. The time in the queue is added to `queued`. Errors: no_buffer_space
  // when the queue is full, timed_out.
  awaitable<result<permit>> acquire(asio::io_context& ctx, std::chrono::milliseconds allowed,
                                    std::chrono::microseconds& queued);

  struct load {
    std::size_t used = 0;
    std::size_t queued = 0;
  };
  [[nodiscard]] load now() const;

 private:
  struct waiter;
  struct leaver;

  void release() noexcept;

  std::mutex mutable mutex_;
  std::size_t const bound_;
  std::size_t const queue_max_;
  std::size_t used_ = 0;
  std::deque<std::shared_ptr<waiter>> queue_;
};

}  // namespace litefs::proxy
