// The parent's side of the keeper: starts it, hears its reports, asks it, and replaces it when it dies or
// falls silent.
//
// A keeper that says nothing for 2 s is killed: its mount counts as not alive until a new keeper says
// otherwise. Not thread-safe: control thread only. Calls return errc::mount_dead when there is no keeper to
// ask or it refused, and asio::error::timed_out at their bound.
#pragma once

#include "litefs/position.hpp"
#include "litefs/proxy/child.hpp"
#include "litefs/proxy/condition.hpp"
#include "litefs/proxy/keeper.hpp"
#include "litefs/proxy/mount_report.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/json/object.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace litefs::proxy {

class keeper_link {
 public:
  static constexpr std::chrono::milliseconds silence_max{2'000};
  static constexpr std::chrono::milliseconds answer_max{2'000};
  using positions_result = result<std::vector<database_position>>;

  // `executable` is run as `<executable> keeper --mount … --database …`. `changed` is notified with each
  // report.
  keeper_link(boost::asio::io_context& context, reaper& r, condition& changed, std::string executable,
              keeper_options options);

  // What to do with each report; set before run().
  std::function<void(mount_report const&)> on_report;

  boost::asio::awaitable<void> run();  // until stop()
  void stop();                         // kills the keeper, run() ends
  void replace();                      // its mount is known to be gone: kill it now, start another

  [[nodiscard]] bool ended() const noexcept { return ended_; }  // run() is over
  [[nodiscard]] mount_report const& last() const noexcept { return last_; }
  [[nodiscard]] std::uint64_t starts() const noexcept { return generation_; }
  [[nodiscard]] std::uint64_t reports() const noexcept {
    return reports_;
  }  // received so far, from all keepers
  boost::asio::awaitable<positions_result> positions();
  // Takes every database's write lock; the error's text is in lock_refusal(). Ends by unlock() or the
  // keeper's death.
  boost::asio::awaitable<positions_result> lock(std::chrono::milliseconds bound);
  boost::asio::awaitable<void> unlock();
  boost::asio::awaitable<void> close_handles();
  [[nodiscard]] std::string const& lock_refusal() const noexcept { return lock_refusal_; }

 private:
  struct pending {
    std::optional<boost::json::object> answer;
    bool lost = false;
  };

  bool spawn();
  boost::asio::awaitable<void> listen();
  boost::asio::awaitable<void> watch_silence(std::uint64_t generation);
  void receive(std::string_view line);
  void deliver(mount_report const& r);
  void lose();
  boost::asio::awaitable<std::shared_ptr<pending>> ask(boost::json::object request,
                                                       std::chrono::milliseconds bound);
  boost::asio::awaitable<positions_result> ask_positions(boost::json::object request,
                                                         std::chrono::milliseconds bound);

  boost::asio::io_context& context_;
  reaper& reaper_;
  condition& changed_;
  std::string executable_;
  keeper_options options_;
  std::unique_ptr<child> process_;
  boost::asio::local::stream_protocol::socket channel_;
  std::map<std::int64_t, std::shared_ptr<pending>> asked_;
  std::int64_t next_id_ = 1;
  std::uint64_t generation_ = 0;
  time_point heard_;
  mount_report last_;
  std::uint64_t reports_ = 0;
  std::string lock_refusal_;
  bool stopped_ = false;
  bool ended_ = false;
};

}  // namespace litefs::proxy
