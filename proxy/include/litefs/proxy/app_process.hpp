// A long-running process of `exec:`, usually the app server: started, watched until it answers, started again
// when it ends, and run only while it is wanted (`run-on`).
//
// While it is the one behind `target`, node.target_up follows it: true after the first complete HTTP
// response, false as soon as it ends. Of several targets each is asked until it has answered once. Gives up
// after too many ends (restart_budget), or at the first one with `restart: never`; one that runs on some
// nodes only pauses for a minute instead, since it must not stop one node after the other. Not thread-safe:
// control thread only.
#pragma once

#include "litefs/config.hpp"
#include "litefs/proxy/child.hpp"
#include "litefs/proxy/condition.hpp"
#include "litefs/proxy/node.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <optional>

namespace litefs::proxy {

class app_process {
 public:
  struct hooks {
    // Called with each change of node.target_up; empty: this process is not the one behind `target`.
    std::function<void(bool up)> on_target;
    std::function<bool()> wanted;  // looked at with each change of the condition
  };

  app_process(boost::asio::io_context& context, reaper& r, condition& changed, node& shared,
              process_options options, std::optional<identity> as, hooks with);

  boost::asio::awaitable<void> run();  // until stop() or ended()
  // Its stop signal to the whole group, SIGKILL after stop-timeout or as soon as `hurry` holds, or at the
  // deadline.
  boost::asio::awaitable<void> stop(time_point deadline, std::function<bool()> hurry);
  // The exit code with which it ended for good.
  [[nodiscard]] std::optional<int> ended() const noexcept { return ended_; }
  // After stop(): its exit code, 0 if it ended by the signal that it was sent.
  [[nodiscard]] int code_at_stop() const noexcept;
  [[nodiscard]] std::string const& name() const noexcept { return options_.name; }
  [[nodiscard]] bool running() const noexcept { return process_ && process_->running(); }
  [[nodiscard]] litefs::run_on run_on() const noexcept { return options_.run_on; }
  [[nodiscard]] std::uint64_t starts() const noexcept { return starts_; }

 private:
  boost::asio::awaitable<void> wait_ready();
  boost::asio::awaitable<bool> answers(endpoint target, boost::system::error_code& failed);
  void target(bool up);
  boost::asio::awaitable<std::optional<int>> run_once();  // empty: it ended because it is not wanted
  boost::asio::awaitable<void> end(time_point deadline, std::function<bool()> hurry);
  bool start();

  boost::asio::io_context& context_;
  reaper& reaper_;
  condition& changed_;
  node& node_;
  process_options options_;
  std::optional<identity> as_;
  hooks hooks_;
  std::unique_ptr<child> process_;
  std::optional<int> ended_;
  std::uint64_t starts_ = 0;
  bool stopping_ = false;
};

}  // namespace litefs::proxy
