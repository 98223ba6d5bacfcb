// The cluster, told again and again to those who look at it: server-sent events.
//
// However many look, the question is asked once a `pace`, and never while nobody does. Beyond `viewers_max`
// the answer is 503. Must outlive its viewers. Not thread-safe: control thread only.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "litefs/proxy/condition.hpp"
#include "litefs/proxy/control_server.hpp"
#include "litefs/proxy/own_endpoints.hpp"

namespace litefs::proxy {

class cluster_feed {
 public:
  static constexpr std::size_t viewers_max = 32;
  static constexpr std::chrono::milliseconds pace{500};

  // `ask` gives an answer of one line.
  using question = std::function<boost::asio::awaitable<own_response>()>;
  cluster_feed(boost::asio::io_context& context, question ask);

  [[nodiscard]] door_answer join();  // one more viewer
  void stop();

 private:
  class viewer;

  boost::asio::awaitable<void> run();  // as long as somebody looks

  boost::asio::io_context& context_;
  question ask_;
  condition news_;
  std::string newest_;
  std::uint64_t number_ = 0;  // of the newest; 0: there is none
  std::size_t viewers_ = 0;
  bool running_ = false;
  bool stopped_ = false;
};

}  // namespace litefs::proxy
