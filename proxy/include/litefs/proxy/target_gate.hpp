// Which of the targets a request goes to, and how many are there at once, summed over all worker threads: the
// target with the fewest requests takes the next one; when all have their number, requests queue, first come
// first served over all targets, bounded in number and time.
//
// A target that refused a connection rests for a second, and one that is known to be down is passed over, as
// long as another can be asked. Thread-safe. A permit gives its place back when destroyed, on any thread.
// Idle kept connections hold no permit: they end after timeouts.target-idle.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <utility>

#include "litefs/config.hpp"
#include "litefs/proxy/net.hpp"

namespace litefs::proxy {

class target_gate {
 public:
  static constexpr std::chrono::milliseconds rest{1'000};

  class permit {
   public:
    permit() = default;
    permit(target_gate& gate, std::size_t target) noexcept : gate_(&gate), target_(target) {}
    permit(permit&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)), target_(other.target_) {}
    permit& operator=(permit&& other) noexcept {
      std::swap(gate_, other.gate_);
      std::swap(target_, other.target_);
      return *this;
    }
    ~permit() {
      if (gate_ != nullptr) gate_->release(target_);
    }
    [[nodiscard]] explicit operator bool() const noexcept { return gate_ != nullptr; }
    [[nodiscard]] std::size_t target() const noexcept { return target_; }  // which of config.targets
    void refused() noexcept { gate_->let_rest(target_); }

   private:
    target_gate* gate_ = nullptr;
    std::size_t target_ = 0;
  };

  // `down`: one flag for each target, set by who watches them. `bound`: requests at each.
  target_gate(std::span<std::atomic<bool> const> down, std::size_t bound, std::size_t queue_max)
      : down_(down), bound_(bound), queue_max_(queue_max) {}

  // A place if one is free and nobody waits; an empty permit otherwise.
  [[nodiscard]] permit try_acquire();
  // Must be called on `ctx`'s thread. The time in the queue is added to `queued`. Errors: no_buffer_space
  // when the queue is full, timed_out.
  awaitable<result<permit>> acquire(asio::io_context& ctx, std::chrono::milliseconds allowed,
                                    std::chrono::microseconds& queued);
  void admit();  // a flag changed: whoever may go now

  struct load {
    std::size_t used = 0;
    std::size_t queued = 0;
  };
  [[nodiscard]] load now() const;
  [[nodiscard]] std::size_t targets() const noexcept { return down_.size(); }

 private:
  struct waiter;
  struct leaver;

  void release(std::size_t target) noexcept;
  void let_rest(std::size_t target) noexcept;
  [[nodiscard]] permit take_place() noexcept;
  [[nodiscard]] std::optional<std::size_t> choose() noexcept;
  [[nodiscard]] bool usable(std::size_t target, time_point now) const noexcept;
  void admit_locked();

  std::mutex mutable mutex_;
  std::span<std::atomic<bool> const> const down_;
  std::size_t const bound_;
  std::size_t const queue_max_;
  std::array<std::size_t, targets_max> used_{};
  std::array<time_point, targets_max> rests_until_{};
  std::size_t last_ = 0;  // of equals, the next one in turn
  std::deque<std::shared_ptr<waiter>> queue_;
};

}  // namespace litefs::proxy
