// A command that runs to completion, its output in our log line by line under its name: each-start steps and
// small tools.
//
// Bounded by a timeout, after which its process group is killed. Not thread-safe: control thread only.
#pragma once

#include "litefs/error.hpp"
#include "litefs/proxy/child.hpp"
#include "litefs/proxy/condition.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <functional>
#include <string>

namespace litefs::proxy {

struct step_options {
  std::string name;
  child_options process;
  std::chrono::milliseconds timeout{10'000};
};

// The exit code; asio::error::timed_out after the timeout, operation_aborted as soon as `cancelled` holds, or
// why it could not be started.
boost::asio::awaitable<result<int>> run_step(boost::asio::io_context& context, reaper& r, condition& changed,
                                             step_options options, std::function<bool()> cancelled);

}  // namespace litefs::proxy
