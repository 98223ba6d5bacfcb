// What this node knows of its place in the cluster's history, and keeps in a file for the next start.
//
// A primary counts a new generation and writes down which other candidates there are before it answers a
// write; a replica takes over what the primary's proxy reports as soon as it holds the primary's history.
// Not thread-safe: control thread only. A file that cannot be written is logged and tried again with the next
// change.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "litefs/cold_start.hpp"
#include "litefs/lineage.hpp"
#include "litefs/link_message.hpp"
#include "litefs/node_state.hpp"

namespace litefs::proxy {

class membership {
 public:
  // `file` may be empty: nothing is kept then. `history` is this node's own.
  membership(std::string hostname, std::string file, lineage const& history);

  void on_state(node_state const& s);
  void on_primary_report(node_report const& r, node_state const& s, time_point now);
  // As primary, from a linked node; true if the list of candidates is another one now.
  bool on_peer_report(std::string const& from, node_report const& r);

  [[nodiscard]] node_memory const& memory() const noexcept { return memory_; }
  // As replica: this node holds all that the primary had when it last reported, at most a second ago.
  [[nodiscard]] bool holds_primary() const noexcept { return holds_; }

 private:
  struct goal {
    node_memory then;  // what is true once the positions are reached
    std::vector<database_position> positions;
    time_point since;
  };

  void look(node_state const& s);
  void remember(node_memory m);
  [[nodiscard]] std::vector<std::string> others(node_report const& r) const;

  std::string hostname_;
  std::string file_;
  lineage const& history_;
  node_memory memory_;
  std::uint64_t seen_ = 0;  // the highest generation heard of
  role role_ = role::unknown;
  std::string primary_;
  std::optional<goal> goal_;
  bool holds_ = false;
  bool saved_ = true;
};

}  // namespace litefs::proxy
