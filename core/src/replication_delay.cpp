#include "litefs/replication_delay.hpp"

#include <algorithm>

namespace litefs {

namespace {

std::chrono::milliseconds between(time_point from, time_point to) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::max(to - from, time_point::duration{0}));
}

}  // namespace

void replication_delay::on_local(std::string const& database, txid at, time_point now) {
  auto& list = sent_[database];
  if (!list.empty() && at.value <= list.back().txid) list.clear();  // another history
  list.push_back({at.value, now});
  if (list.size() > kept_max) list.pop_front();
}

void replication_delay::on_replica(std::string const& name, std::vector<database_position> const& positions,
                                   time_point now) {
  auto& replica = replicas_[name];
  for (auto const& [database, position] : positions) {
    auto& reached = replica.txids[database];
    bool const moved = position.txid.value != reached;
    reached = position.txid.value;
    auto const list = sent_.find(database);
    if (!moved || list == sent_.end()) continue;
    auto const newest = std::ranges::find(list->second, reached, &sent::txid);
    if (newest != list->second.end()) replica.took = between(newest->at, now);
  }
}

void replication_delay::on_gone(std::string_view name) {
  auto const found = replicas_.find(name);
  if (found != replicas_.end()) replicas_.erase(found);
}

void replication_delay::clear() {
  sent_.clear();
  replicas_.clear();
}

std::optional<std::chrono::milliseconds> replication_delay::of(std::string_view name, time_point now) const {
  auto const replica = replicas_.find(name);
  if (replica == replicas_.end()) return std::nullopt;
  auto delay = std::optional<std::chrono::milliseconds>();
  for (auto const& [database, list] : sent_) {
    auto const known = replica->second.txids.find(database);
    auto const reached = known == replica->second.txids.end() ? 0 : known->second;
    auto const lacks = std::ranges::upper_bound(list, reached, {}, &sent::txid);
    if (lacks != list.end()) delay = std::max(delay, std::optional(between(lacks->at, now)));
  }
  return delay ? delay : replica->second.took;
}

}  // namespace litefs
