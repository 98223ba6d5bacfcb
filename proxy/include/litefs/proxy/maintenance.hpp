// Maintenance: in the whole cluster no new write starts, until somebody ends it or its time is over.
//
// It is turned on and off on the primary; every other node takes over what it hears with a higher number on a
// peer link, and tells it on. So a change of primary or the restart of a node does not end it; a stop of all
// nodes does, since it lives in memory. Its end is kept by each node's own clock. Not thread-safe: control
// thread only.
#pragma once

#include <functional>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "litefs/link_message.hpp"
#include "litefs/proxy/node.hpp"

namespace litefs::proxy {

class maintenance {
 public:
  static constexpr std::chrono::hours left_max{24};

  // `on_change` runs after node.frozen or the number has changed.
  maintenance(boost::asio::io_context& context, node& shared, std::function<void()> on_change);

  void set(std::chrono::milliseconds left);  // at most left_max; 0 ends it
  void hear(freeze const& told);             // by another node
  void stop();                               // the node ends: nothing more happens
  [[nodiscard]] freeze now() const;

 private:
  void become(std::uint64_t number, std::chrono::milliseconds left);

  node& node_;
  std::function<void()> on_change_;
  boost::asio::steady_timer end_;
  std::uint64_t number_ = 0;
};

}  // namespace litefs::proxy
