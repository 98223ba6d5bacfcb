// A node as it is seen at one moment, and what must have happened between two such looks.
//
// What happens is found by comparing, not by asking every part to tell: a part cannot forget to. Values,
// thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "litefs/node_state.hpp"

namespace litefs {

struct glance {
  litefs::role role = litefs::role::unknown;
  std::string primary;
  std::vector<std::string> reasons;             // why it is not healthy
  std::map<std::string, std::uint64_t> starts;  // of each child process
  std::uint64_t given = 0;                      // handoffs
  std::uint64_t taken = 0;
  std::uint64_t lineage_breaks = 0;
  std::set<std::string> linked;  // the nodes that are linked to it
};

struct change {
  std::string_view kind;  // role, handoff, restart, lineage, health, link
  std::string what;
  bool operator==(change const&) const = default;
};

[[nodiscard]] std::vector<change> what_changed(glance const& before, glance const& after);

}  // namespace litefs
