// The one timer of a worker thread: every 250 ms it looks at all watched connections and ends the operations
// whose deadline has passed, so that no read or write pays for a timer of its own.
//
// Not thread-safe: belongs to its io_context. A deadline is late by at most one period. `watched` objects
// leave the list by themselves when destroyed.
#pragma once

#include <array>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/intrusive/list.hpp>
#include <chrono>
#include <functional>

#include "litefs/proxy/net.hpp"

namespace litefs::proxy {

class watched
    : public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  watched(watched const&) = delete;
  watched& operator=(watched const&) = delete;
  virtual void on_sweep(time_point now) = 0;  // must not destroy other watched objects

 protected:
  watched() = default;
  ~watched() = default;
};

class sweep {
 public:
  static constexpr std::chrono::milliseconds period{250};

  explicit sweep(asio::io_context& ctx);

  void start();
  void stop();
  void watch(watched& w) { list_.push_back(w); }
  // The time of the last tick: coarse, free of cost, good enough for deadlines.
  [[nodiscard]] time_point now() const noexcept { return now_; }

 private:
  void tick();

  using timer = asio::basic_waitable_timer<clock, asio::wait_traits<clock>, executor>;
  timer timer_;
  time_point now_;
  boost::intrusive::list<watched, boost::intrusive::constant_time_size<false>> list_;
};

}  // namespace litefs::proxy
