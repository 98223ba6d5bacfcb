// Lets coroutines of one thread wait until something is true, bounded by a deadline and woken by whoever
// changed it.
//
// notify() evaluates the predicate of each waiter and wakes those whose predicate holds. Nothing polls. Not
// thread-safe: all members belong to the one thread that runs the executor.
#pragma once

#include "litefs/node_state.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <list>

namespace litefs::proxy {

class condition {
 public:
  using predicate = std::function<bool()>;

  explicit condition(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}
  condition(condition const&) = delete;
  condition& operator=(condition const&) = delete;

  // True as soon as `met` held at a notify() (or holds already), false at the deadline.
  boost::asio::awaitable<bool> wait(time_point deadline, predicate met);
  void notify();

 private:
  struct waiter {
    boost::asio::steady_timer timer;
    predicate met;
    bool woken = false;
  };

  boost::asio::any_io_executor executor_;
  std::list<waiter> waiting_;
};

}  // namespace litefs::proxy
