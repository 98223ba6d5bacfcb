// The planned handoff of the primary role, both sides.
//
// The target asks the primary's proxy to hold writes; its keeper takes every database's write lock (SQLite
// itself is the drain) and tells the final positions; the target waits for them and asks its LiteFS to
// promote itself. What runs on the primary only is stopped before. The hold ends with the change of role, a
// release, or after `hold_max`. A primary that stops asks the most caught-up candidate among its linked
// replicas to be that target. Not thread-safe: control thread only.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "litefs/proxy/condition.hpp"
#include "litefs/proxy/keeper_link.hpp"
#include "litefs/proxy/node.hpp"
#include "litefs/proxy/replica_links.hpp"
#include "litefs/proxy/view.hpp"
#include "litefs/proxy/watcher.hpp"
#include "litefs/proxy/worker.hpp"

namespace litefs::proxy {

class handoff {
 public:
  static constexpr std::chrono::milliseconds hold_max{5'000};
  static constexpr std::chrono::milliseconds catch_up_max{2'000};
  static constexpr std::chrono::milliseconds promote_max{3'000};

  // `own` is the control thread's view: the target waits on it.
  handoff(boost::asio::io_context& context, condition& changed, node& shared, view& own,
          worker_group& workers, keeper_link& keeper, watcher const& watched, replica_links& replicas);

  struct refusal {
    std::string why;
  };
  using outcome = std::variant<std::chrono::milliseconds, refusal>;  // how long writes were held

  // On the target: this node becomes primary. `ticket` names the handoff; made here if nobody asked for it.
  boost::asio::awaitable<outcome> promote(std::string ticket = {});
  // On the primary, which stops: somebody else becomes primary. True if this node is not (any more).
  boost::asio::awaitable<bool> give_away(time_point deadline);
  // On the primary, under maintenance: until what was being written is committed. The reason if that is not
  // so within handoff-drain, or cannot be known.
  boost::asio::awaitable<std::optional<std::string>> drain();
  // On the primary: POST /litefs/peer/handoff and /litefs/peer/release.
  boost::asio::awaitable<own_response> answer(own_request request);

  // What runs on the primary only must end: its successor on the next primary is about to start.
  [[nodiscard]] bool yielding() const noexcept { return giving_; }
  std::function<bool()> work_running;  // whether some of it still does; set before use

 private:
  boost::asio::awaitable<own_response> give(std::string ticket);
  [[nodiscard]] std::vector<std::string> candidates() const;
  own_response refuse_to_give(std::string_view why);
  boost::asio::awaitable<keeper_link::positions_result> lock_out_writers();
  [[nodiscard]] std::string why_not(keeper_link::positions_result const& lock) const;
  void let_go();
  boost::asio::awaitable<bool> writes_ended();
  boost::asio::awaitable<void> keep_hold();
  boost::asio::awaitable<std::optional<std::string>> take(std::string primary, std::string ticket);
  boost::asio::awaitable<std::optional<std::string>> promote_litefs();

  boost::asio::io_context& context_;
  condition& changed_;
  node& node_;
  view& own_;
  worker_group& workers_;
  keeper_link& keeper_;
  watcher const& watched_;
  replica_links& replicas_;
  std::string invited_;  // the ticket of the target that this node, stopping, asked to take over
  bool giving_ = false;  // as primary
  std::chrono::steady_clock::time_point held_since_;
  std::string given_to_;  // the target's request, repeated in its release
  bool released_ = false;
  bool promoting_ = false;  // as target
};

}  // namespace litefs::proxy
