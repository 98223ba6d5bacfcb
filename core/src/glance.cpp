#include "litefs/glance.hpp"

#include <algorithm>
#include <iterator>

namespace litefs {
namespace {

std::string joined(std::vector<std::string> const& words) {
  std::string text;
  for (auto const& word : words) text.append(text.empty() ? "" : ", ").append(word);
  return text;
}

void add_role(glance const& before, glance const& after, std::vector<change>& found) {
  bool const moved = before.role != after.role;
  if (!moved && (before.primary == after.primary || after.primary.empty())) return;
  std::string what = "is ";
  what.append(to_string(after.role));
  if (after.role == role::replica) what.append(" of ").append(after.primary);
  if (moved) what.append(", was ").append(to_string(before.role));
  found.push_back({"role", std::move(what)});
}

void add_starts(glance const& before, glance const& after, std::vector<change>& found) {
  for (auto const& [name, count] : after.starts) {
    auto const known = before.starts.find(name);
    if (known != before.starts.end() && known->second > 0 && count > known->second)
      found.push_back({"restart", "started " + name + " again"});
  }
}

void add_links(glance const& before, glance const& after, std::vector<change>& found) {
  auto const only_in = [](std::set<std::string> const& a, std::set<std::string> const& b) {
    std::vector<std::string> names;
    std::ranges::set_difference(a, b, std::back_inserter(names));
    return names;
  };
  auto const came = only_in(after.linked, before.linked);
  auto const went = only_in(before.linked, after.linked);
  if (!came.empty()) found.push_back({"link", "hears " + joined(came)});
  if (!went.empty()) found.push_back({"link", "does not hear " + joined(went) + " any more"});
}

}  // namespace

std::vector<change> what_changed(glance const& before, glance const& after) {
  std::vector<change> found;
  if (after.given > before.given) found.push_back({"handoff", "handed the primary role over"});
  if (after.taken > before.taken) found.push_back({"handoff", "took the primary role over"});
  add_role(before, after, found);
  if (after.lineage_breaks > before.lineage_breaks)
    found.push_back({"lineage", "saw a TXID again with other content: transactions are lost"});
  add_starts(before, after, found);
  if (before.reasons != after.reasons)
    found.push_back(
        {"health", after.reasons.empty() ? "is healthy" : "is not healthy: " + joined(after.reasons)});
  add_links(before, after, found);
  return found;
}

}  // namespace litefs
