#include "litefs/candidates.hpp"

#include <algorithm>
#include <iterator>

namespace litefs {

void candidates::take_over(std::vector<std::string> const& names) {
  all_.clear();
  for (auto const& name : names) all_.push_back({.name = name, .positions = {}});
}

bool candidates::heard(std::string_view name, node_report const& report) {
  if (!report.candidate) return forget(name);
  auto* found = find(name);
  bool const joins = found == nullptr;
  if (joins) found = &all_.emplace_back(candidate{.name = std::string(name), .positions = {}});
  found->linked = true;
  found->leaving = report.leaving;
  found->positions = report.positions;
  return joins;
}

bool candidates::gone(std::string_view name) {
  auto* const found = find(name);
  if (found == nullptr) return false;
  if (found->leaving) return forget(name);
  found->linked = false;
  return false;
}

bool candidates::forget(std::string_view name) {
  return std::erase_if(all_, [name](candidate const& c) { return c.name == name; }) > 0;
}

std::vector<std::string> candidates::names() const {
  std::vector<std::string> found;
  for (auto const& c : all_) found.push_back(c.name);
  return found;
}

std::vector<std::string> candidates::away() const {
  std::vector<std::string> found;
  for (auto const& c : all_) {
    if (!c.linked) found.push_back(c.name);
  }
  return found;
}

txid candidates::confirmed(std::string_view database, lineage const& history, ack_quorum quorum) const {
  auto const id = database_id(database);
  auto const of = [&](candidate const& c) {
    auto const at = std::ranges::find(c.positions, database, &database_position::database);
    bool const ours = at != c.positions.end() && history.compare(id, at->position) == lineage_verdict::same;
    return ours ? at->position.txid : txid{};
  };
  std::vector<txid> reached;
  std::ranges::transform(all_, std::back_inserter(reached), of);
  if (reached.empty()) return txid{};
  return quorum == ack_quorum::all ? std::ranges::min(reached) : std::ranges::max(reached);
}

bool candidates::within_reach(ack_quorum quorum) const noexcept {
  if (quorum == ack_quorum::any || all_.empty()) return std::ranges::any_of(all_, &candidate::linked);
  return std::ranges::all_of(all_, &candidate::linked);
}

candidates::candidate* candidates::find(std::string_view name) noexcept {
  auto const found = std::ranges::find(all_, name, &candidate::name);
  return found == all_.end() ? nullptr : &*found;
}

}  // namespace litefs
