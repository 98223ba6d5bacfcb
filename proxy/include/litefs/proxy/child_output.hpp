// A child whose standard output and error go into our log, line by line under its name.
//
// The reading ends with the last process that holds the pipe. Not thread-safe: control thread only.
// spawn_logged() returns what child::spawn() does, or the errno of the pipe.
#pragma once

#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "litefs/error.hpp"
#include "litefs/proxy/child.hpp"
#include "litefs/proxy/condition.hpp"

namespace litefs::proxy {

struct child_output {
  boost::asio::posix::stream_descriptor pipe;
  bool ended = false;
};

struct logged_child {
  std::unique_ptr<child> process;
  std::shared_ptr<child_output> output;  // closing its pipe ends the reading
};

// `changed` is notified when the output has ended; it must outlive the reading.
result<logged_child> spawn_logged(boost::asio::io_context& context, reaper& r, condition& changed,
                                  std::string name, child_options options);

}  // namespace litefs::proxy
