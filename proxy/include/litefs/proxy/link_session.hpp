// One peer link in conversation: sealed lines both ways over a connected socket, heartbeats included.
//
// Our own report and chronicle are asked for when they can be sent, so what is sent is always the newest and
// nothing piles up behind a slow peer; other messages wait in an outbox of `outbox_max`. Ends when the peer
// leaves, says anything that is not its next sealed line, or nothing for `silence_max`. Not thread-safe:
// control thread only.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "litefs/link_message.hpp"
#include "litefs/link_seal.hpp"
#include "litefs/proxy/condition.hpp"
#include "litefs/proxy/stream.hpp"

namespace litefs::proxy {

// A connection whose handshake is done.
struct open_link {
  std::unique_ptr<stream> io;  // plain or TLS
  link_seal seal;
  std::string early;  // what was received behind the handshake
};

class link_session : public std::enable_shared_from_this<link_session> {
 public:
  static constexpr std::chrono::milliseconds beat_interval{500};
  static constexpr std::chrono::milliseconds silence_max{3'000};
  static constexpr std::size_t outbox_max = 16;

  struct talk {
    std::function<node_report()> own_report;
    std::function<void(link_message const&)> on_message;
    std::function<chronicle const&()> incidents{};  // of all nodes, as we know it; absent: nothing to tell
  };

  link_session(boost::asio::io_context& context, open_link link, talk with);

  boost::asio::awaitable<void> run();  // until the link ends
  void report_changed();               // a new report is due
  void chronicle_changed();
  bool say(link_message const& m);  // false if the outbox is full: the peer does not read
  void close();

 private:
  using self = std::shared_ptr<link_session>;
  static boost::asio::awaitable<void> write_all(self s);
  static boost::asio::awaitable<void> keep_time(self s);
  boost::asio::awaitable<void> read_all();
  boost::asio::awaitable<bool> read_line();
  [[nodiscard]] std::string next_lines();

  boost::asio::io_context& context_;
  std::unique_ptr<stream> io_;
  link_seal seal_;
  std::string received_;
  talk talk_;
  condition due_;
  std::deque<std::string> outbox_;
  bool report_due_ = true;
  bool chronicle_due_ = true;
  bool closed_ = false;
  time_point heard_;
};

}  // namespace litefs::proxy
