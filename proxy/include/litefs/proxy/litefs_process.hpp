// Our own LiteFS: started, started again when it dies, and cleaned up after.
//
// A LiteFS that was killed leaves a dead mount behind on which the next one cannot start, so a dead mount is
// unmounted lazily first. Gives up after too many deaths (restart_budget). Runs as no candidate (join_cmd)
// until it is told that it may become primary. Not thread-safe: control thread only.
#pragma once

#include "litefs/config.hpp"
#include "litefs/proxy/child.hpp"
#include "litefs/proxy/condition.hpp"
#include "litefs/proxy/keeper_link.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>

namespace litefs::proxy {

class litefs_process {
 public:
  litefs_process(boost::asio::io_context& context, reaper& r, condition& changed, litefs_options options,
                 keeper_link& keeper, bool candidate);

  // Called when it died on its own, before it is started again; set before run().
  std::function<void()> on_gone;
  // Gives back the lease of one that is dead, and says in words what came of it; null: there is none to give.
  std::function<boost::asio::awaitable<std::string>()> release;

  boost::asio::awaitable<void> run();                      // until stop() or given_up()
  boost::asio::awaitable<void> stop(time_point deadline);  // SIGTERM, SIGKILL at the deadline
  void restart();                                          // ends it; run() starts it again
  boost::asio::awaitable<void> become_candidate();         // ends it in order; run() starts it as one
  [[nodiscard]] bool given_up() const noexcept { return given_up_; }
  [[nodiscard]] std::uint64_t starts() const noexcept { return starts_; }

 private:
  boost::asio::awaitable<void> clear_dead_mount();
  boost::asio::awaitable<void> give_lease_back();
  bool spawn();

  boost::asio::io_context& context_;
  reaper& reaper_;
  condition& changed_;
  litefs_options options_;
  keeper_link& keeper_;
  bool candidate_;
  bool planned_ = false;  // its end is our doing
  std::unique_ptr<child> process_;
  std::uint64_t starts_ = 0;
  bool stopping_ = false;
  bool given_up_ = false;
};

}  // namespace litefs::proxy
