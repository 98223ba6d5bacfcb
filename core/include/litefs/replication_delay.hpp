// How long a transaction of the primary takes until a replica has it, as the primary sees it.
//
// For a replica that lacks something it is the age of the oldest transaction it lacks, so that one that
// stands still shows at once; for one that has everything, what the newest took. Time is an argument. Not
// thread-safe.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "litefs/node_state.hpp"
#include "litefs/position.hpp"

namespace litefs {

class replication_delay {
 public:
  static constexpr std::size_t kept_max = 1024;  // transactions a database; a delay beyond them is longer

  void on_local(std::string const& database, txid at, time_point now);
  void on_replica(std::string const& name, std::vector<database_position> const& positions, time_point now);
  void on_gone(std::string_view name);
  void clear();  // this node is not the primary
  // Nullopt for a replica that nothing was sent to yet.
  [[nodiscard]] std::optional<std::chrono::milliseconds> of(std::string_view name, time_point now) const;

 private:
  struct sent {
    std::uint64_t txid;
    time_point at;
  };
  struct reached {
    std::map<std::string, std::uint64_t, std::less<>> txids;
    std::optional<std::chrono::milliseconds> took;
  };
  std::map<std::string, std::deque<sent>, std::less<>> sent_;
  std::map<std::string, reached, std::less<>> replicas_;
};

}  // namespace litefs
