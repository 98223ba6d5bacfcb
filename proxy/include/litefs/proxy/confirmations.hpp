// What the candidates of this cluster have of what this node, as primary, has committed: hears their reports,
// and resumes the writes that wait for them (ack: replicated).
//
// A report wakes exactly the writes whose position it confirms, however many wait, and all deadlines share
// one timer. While this node is a replica it only remembers the list that the primary tells. Not thread-safe:
// control thread only.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "litefs/candidates.hpp"
#include "litefs/event.hpp"
#include "litefs/proxy/node.hpp"
#include "litefs/proxy/waiting_reads.hpp"

namespace litefs::proxy {

class confirmations {
 public:
  // `list_changed`: the other nodes must hear of it. `reach_changed`: node.replicable is another one now.
  confirmations(boost::asio::io_context& context, node& shared, std::function<void()> list_changed,
                std::function<void()> reach_changed);

  // Our own. True if this node has become primary by it: the links that are up already are to be told anew.
  bool on_state(node_state const& s, std::optional<tx_event> const& tx);
  void on_report(std::string const& peer, node_report const& report);
  void on_gone(std::string const& peer);  // its link ended
  // As a replica: what the primary says of itself and its candidates.
  void on_primary(std::string const& primary, node_report const& report);
  bool forget(std::string const& peer);  // false unless it is a candidate that is away

  // Until the quorum has all of `written`, at most ack-timeout; ends early when the role is lost. Once a
  // write has waited in vain, others do not wait before the quorum has that one.
  boost::asio::awaitable<confirmation> wait(std::vector<database_position> written);
  void stop();  // nobody waits any more

  [[nodiscard]] candidates const& listed() const noexcept { return candidates_; }

 private:
  [[nodiscard]] txid confirmed(std::string_view database) const;
  confirmation give_up_on(database_position const& p);
  void moved();
  void judge_reach();
  [[nodiscard]] bool stuck() const noexcept { return !overdue_.empty(); }

  node& node_;
  std::function<void()> list_changed_;
  std::function<void()> reach_changed_;
  ack_quorum quorum_;
  candidates candidates_;
  lineage history_;  // our own
  bool primary_ = false;
  std::uint64_t terms_ = 0;                           // of being primary or not
  std::map<std::string, txid, std::less<>> overdue_;  // by database: the newest that was waited for in vain
  waiting_reads waits_;
};

}  // namespace litefs::proxy
