// What happened in the cluster lately: the newest incidents of all its nodes, oldest first.
//
// Every node notes its own and merges what the others tell, so that any node can show them all, also those of
// a node that is gone. Times are those of each node's own clock. Values; not thread-safe.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace litefs {

struct incident {
  std::int64_t at_ms = 0;  // since 1970, by the clock of `node`
  std::string node;        // hostname; "" on a single node
  std::string kind;        // what_changed() of glance.hpp names them
  std::string what;        // for people, to be read behind the node's name
  auto operator<=>(incident const&) const = default;
};

class chronicle {
 public:
  static constexpr std::size_t capacity = 50;
  static constexpr std::size_t what_max = 512;  // characters; a peer refuses more

  // True if one of them is new and among the newest. What was told before changes nothing, so telling ends.
  bool merge(std::vector<incident> const& told);
  [[nodiscard]] std::vector<incident> const& all() const noexcept { return kept_; }

 private:
  bool add(incident const& one);

  std::vector<incident> kept_;  // sorted
};

}  // namespace litefs
