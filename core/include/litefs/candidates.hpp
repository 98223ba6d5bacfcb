// The candidates of a cluster as its primary keeps them: who may become primary next, and so must have what
// this one acknowledges. Not thread-safe.
//
// A node joins the list by reporting that its LiteFS is a candidate. It leaves by saying that it is leaving
// and then going, or by reporting that it is no candidate any more, or by forget(); a lost connection does
// not remove it, since the lost node may become primary. A primary that takes over begins with the list that
// the last one told.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "litefs/lineage.hpp"
#include "litefs/link_message.hpp"

namespace litefs {

// How many of them must have a transaction before it counts as replicated.
enum class ack_quorum : std::uint8_t {
  all,  // whoever becomes primary has it
  any,  // it is on two nodes; another one may become primary
};

class candidates {
 public:
  // Without links: their own reports come later.
  void take_over(std::vector<std::string> const& names);
  // True if the list is another one now.
  bool heard(std::string_view name, node_report const& report);
  bool gone(std::string_view name);    // its link ended
  bool forget(std::string_view name);  // it will never come back

  [[nodiscard]] bool empty() const noexcept { return all_.empty(); }
  [[nodiscard]] std::vector<std::string> names() const;
  [[nodiscard]] std::vector<std::string> away() const;  // without a link
  // The newest transaction of the database that the quorum has, of this history: a position that a node kept
  // from another history, or that is not known here so far, confirms nothing.
  [[nodiscard]] txid confirmed(std::string_view database, lineage const& history, ack_quorum quorum) const;
  // As many are linked as the quorum needs. False without candidates.
  [[nodiscard]] bool within_reach(ack_quorum quorum) const noexcept;

 private:
  struct candidate {
    std::string name;
    bool linked = false;
    bool leaving = false;
    std::vector<database_position> positions;  // as last reported
  };
  candidate* find(std::string_view name) noexcept;

  std::vector<candidate> all_;
};

}  // namespace litefs
