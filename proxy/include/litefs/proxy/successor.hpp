// A new process of the same command line that takes this one's place (SIGUSR2): it gets the listening sockets
// by descriptor, so that no connection is refused or reset, and says on a pipe when it serves.
//
// The program is looked up by its path again, so an upgrade in place is what starts. Not thread-safe: control
// thread only.
#pragma once

#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "litefs/error.hpp"

namespace litefs::proxy {

inline constexpr char const* listeners_variable = "LITEFS_PROXY_LISTENERS";
inline constexpr char const* ready_variable = "LITEFS_PROXY_READY";

// How this process was started. Read at the start: later an upgrade has renamed the program.
struct own_command {
  own_command();
  std::string program;
  std::vector<std::string> arguments;
};

// True once it serves. Errors: fork's or exec's; timed_out or operation_aborted when it did not come up: it
// is ended then.
boost::asio::awaitable<result<void>> start_successor(boost::asio::io_context& context,
                                                     own_command const& command, std::vector<int> listeners);

}  // namespace litefs::proxy
