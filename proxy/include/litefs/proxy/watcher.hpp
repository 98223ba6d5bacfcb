// The one source of this node's state: LiteFS's event stream, the keeper's reports, what is heard of the
// primary on the peer link, and the role machine between them and the publisher.
//
// Connects again for ever, with a jittered back-off of 50 ms to 1 s; a lost stream counts at once. Positions
// are read through the keeper after each (re)connect and each remount. Nothing here fails. Not thread-safe:
// control thread only.
#pragma once

#include "litefs/config.hpp"
#include "litefs/proxy/condition.hpp"
#include "litefs/proxy/event_stream.hpp"
#include "litefs/proxy/keeper_link.hpp"
#include "litefs/proxy/publisher.hpp"
#include "litefs/role_machine.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <set>
#include <string>

namespace litefs::proxy {

class watcher {
 public:
  watcher(boost::asio::io_context& context, condition& changed, litefs_options options, keeper_link& keeper,
          publisher& publish);

  boost::asio::awaitable<void> run();  // until stop()
  void stop();

  void on_report(mount_report const& r);
  // The primary's proxy told that its LiteFS was well at `when`.
  void on_heard(std::string const& primary, time_point when);
  // Our LiteFS process has ended: its mount is dead, whatever the last report said.
  void on_litefs_gone();

  // The positions in state() were read from the mount that is alive now.
  [[nodiscard]] bool positions_known() const noexcept { return state().mount_alive && !resync_due_; }
  // Our LiteFS follows a primary that says nothing any more.
  [[nodiscard]] bool follows_silence() const noexcept;
  [[nodiscard]] node_state const& state() const noexcept { return machine_.state(); }
  [[nodiscard]] std::uint64_t connects() const noexcept { return connects_; }  // to the event stream

 private:
  boost::asio::awaitable<void> follow(event_stream& stream);
  boost::asio::awaitable<void> resync();
  boost::asio::awaitable<void> keep_time();
  void handle(std::string_view line);
  void lost();
  void told(bool changed);
  void request_resync();

  boost::asio::io_context& context_;
  condition& changed_;
  litefs_options options_;
  keeper_link& keeper_;
  publisher& publish_;
  role_machine machine_;
  event_stream* stream_ = nullptr;
  std::uint64_t device_ = 0;     // of the live mount
  std::set<std::string> moved_;  // databases with a transaction since the positions were asked for
  std::string logged_;
  std::uint64_t connects_ = 0;
  bool resync_due_ = true;
  bool resyncing_ = false;
  bool stopped_ = false;
};

}  // namespace litefs::proxy
