// Which history a position belongs to: a ring of the last 4096 `TXID -> checksum` per database.
//
// After a failover that lost transactions a TXID can repeat with other content. A client's position is then
// `other`: its write is not in this history. `unseen`: this node missed it (it began later, or got
// a snapshot), the primary knows better. `unknown` (older than the ring, or still to come) is accepted by
// routing. Not thread-safe: one per proxy thread, fed with every transaction.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "litefs/position.hpp"

namespace litefs {

enum class lineage_verdict : std::uint8_t { same, other, unseen, unknown };

class lineage {
 public:
  static constexpr std::size_t capacity = 4096;

  void record(std::uint32_t database_id, position const& pos);
  // A position beyond the newest recorded one is `unknown`: it may still come.
  [[nodiscard]] lineage_verdict compare(std::uint32_t database_id, position const& pos) const noexcept;

  // How often a TXID came again with other content: transactions of before are lost.
  [[nodiscard]] std::uint64_t breaks() const noexcept { return breaks_; }

 private:
  struct ring {
    std::vector<position> slots;  // indexed by TXID modulo capacity
    txid newest;
  };
  std::map<std::uint32_t, ring> rings_;
  std::uint64_t breaks_ = 0;
};

}  // namespace litefs
