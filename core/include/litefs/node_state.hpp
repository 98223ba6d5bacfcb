// What a node knows of itself and of the primary at one instant: an immutable snapshot.
//
// role_machine makes it, the watcher publishes it, routing reads it. Times are steady_clock time points given
// by the caller; core has no clock. A value, so thread-safe once published.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "litefs/position.hpp"

namespace litefs {

using time_point = std::chrono::steady_clock::time_point;

enum class role : std::uint8_t {
  unknown,       // no primary known, or LiteFS not reachable
  primary,       // LiteFS says so
  replica,       // another node is primary and we are connected to it
  disconnected,  // a primary was known; the stream from it is down
  single,        // configured without LiteFS
};

[[nodiscard]] std::string_view to_string(role r) noexcept;

struct node_state {
  litefs::role role = litefs::role::unknown;
  std::string primary;      // hostname; on the primary its own; last known one when disconnected; else empty
  bool mount_alive = true;  // false: nothing can be read locally
  std::optional<time_point> mount_dead_since;  // set while it is not
  std::optional<time_point> stale_since;       // set while disconnected or unknown: when news stopped
  std::chrono::milliseconds lag{0};            // LiteFS's own figure, for health only
  std::vector<database_position> positions;

  [[nodiscard]] bool writable() const noexcept { return role == role::primary || role == role::single; }
  // The local position of the database with this id (cookie form); nullptr if the node has none.
  [[nodiscard]] database_position const* find(std::uint32_t database_id) const noexcept;
  bool operator==(node_state const&) const = default;
};

}  // namespace litefs
