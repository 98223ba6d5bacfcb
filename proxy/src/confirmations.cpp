#include "litefs/proxy/confirmations.hpp"

#include <algorithm>
#include <utility>

namespace litefs::proxy {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

confirmations::confirmations(asio::io_context& context, node& shared, std::function<void()> list_changed,
                             std::function<void()> reach_changed)
    : node_(shared),
      list_changed_(std::move(list_changed)),
      reach_changed_(std::move(reach_changed)),
      quorum_(shared.config.ack_any ? ack_quorum::any : ack_quorum::all),
      waits_(context) {
  judge_reach();
}

bool confirmations::on_state(node_state const& s, std::optional<tx_event> const& tx) {
  if (tx) {
    history_.record(database_id(tx->database), tx->position);
  } else {
    for (auto const& p : s.positions) history_.record(database_id(p.database), p.position);
  }
  bool const primary = s.role == role::primary;
  bool const other = std::exchange(primary_, primary) != primary;
  if (other) {
    ++terms_;
    overdue_.clear();
    if (primary) candidates_.take_over(candidates_.names());
    waits_.wake_all();
  }
  moved();
  return other && primary;
}

void confirmations::on_report(std::string const& peer, node_report const& report) {
  if (!primary_) return;
  bool const other = candidates_.heard(peer, report);
  moved();
  if (other) list_changed_();
}

void confirmations::on_gone(std::string const& peer) {
  if (!primary_) return;
  bool const other = candidates_.gone(peer);
  moved();
  if (other) list_changed_();
}

void confirmations::on_primary(std::string const& primary, node_report const& report) {
  if (primary_) return;
  auto names = report.candidates;
  std::erase(names, node_.hostname());
  if (report.candidate && !report.leaving) names.push_back(primary);
  candidates_.take_over(names);
}

bool confirmations::forget(std::string const& peer) {
  auto const away = candidates_.away();
  if (std::ranges::find(away, peer) == away.end()) return false;
  candidates_.forget(peer);
  moved();
  list_changed_();
  return true;
}

asio::awaitable<confirmation> confirmations::wait(std::vector<database_position> written) {
  auto const deadline = clock::now() + node_.config.ack_timeout;
  auto const term = terms_;
  for (auto const& p : written) {
    while (primary_ && term == terms_ && confirmed(p.database) < p.position.txid) {
      if (stuck() || candidates_.empty()) co_return confirmation::missing;
      if (clock::now() >= deadline) co_return give_up_on(p);
      co_await waits_.wait(database_id(p.database), p.position.txid, deadline);
    }
  }
  bool const kept = primary_ && term == terms_;
  co_return kept ? confirmation::complete : confirmation::role_lost;
}

void confirmations::stop() {
  ++terms_;
  waits_.wake_all();
}

txid confirmations::confirmed(std::string_view database) const {
  return candidates_.confirmed(database, history_, quorum_);
}

confirmation confirmations::give_up_on(database_position const& p) {
  auto& newest = overdue_[p.database];
  newest = std::max(newest, p.position.txid);
  judge_reach();
  return confirmation::missing;
}

// A position of ours, or anything of theirs.
void confirmations::moved() {
  std::erase_if(overdue_, [this](auto const& late) { return confirmed(late.first) >= late.second; });
  judge_reach();
  if (waits_.empty()) return;
  for (auto const& name : node_.config.databases) waits_.reached(database_id(name), confirmed(name));
}

void confirmations::judge_reach() {
  bool const reachable = !primary_ || (candidates_.within_reach(quorum_) && !stuck());
  if (node_.replicable.exchange(reachable) != reachable) reach_changed_();
}

}  // namespace litefs::proxy
