// An io_context for tests of control-thread parts: runs a coroutine to its end, bounded, and rethrows what it
// threw.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <stdexcept>

#include "litefs/proxy/condition.hpp"
#include "litefs/proxy/reaper.hpp"

namespace litefs::proxy {

class control_thread {
 public:
  static constexpr std::chrono::seconds run_max{10};

  ~control_thread() { reap.stop(); }

  void run(boost::asio::awaitable<void> test) {
    std::exception_ptr failure;
    bool ended = false;
    boost::asio::co_spawn(context, std::move(test), [&](std::exception_ptr f) {
      failure = f;
      ended = true;
      context.stop();
    });
    context.restart();
    context.run_for(run_max);
    if (failure) std::rethrow_exception(failure);
    if (!ended) throw std::runtime_error("the test coroutine did not end in time");
  }

  boost::asio::io_context context;
  condition changed{context.get_executor()};
  reaper reap{context, changed};
};

[[nodiscard]] inline time_point in_ms(int ms) {
  return std::chrono::steady_clock::now() + std::chrono::milliseconds(ms);
}

}  // namespace litefs::proxy
