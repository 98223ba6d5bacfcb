// Collects every child that ends, ours and (as PID 1 or subreaper) orphans, and tells whoever waits.
//
// Works on SIGCHLD of its io_context, so nothing is reaped while the control thread does something else: a
// pid stays valid until its owner has been told. Not thread-safe: control thread only. One per process.
#pragma once

#include "litefs/proxy/condition.hpp"

#include <sys/types.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <functional>
#include <map>

namespace litefs::proxy {

class reaper {
 public:
  // `changed` is notified after each round.
  reaper(boost::asio::io_context& context, condition& changed);

  void watch(pid_t pid, std::function<void(int wait_status)> on_exit);
  void forget(pid_t pid);
  void stop();  // lets the io_context run out of work

 private:
  void listen();
  void reap();

  boost::asio::signal_set signals_;
  condition& changed_;
  std::map<pid_t, std::function<void(int)>> watched_;
};

}  // namespace litefs::proxy
