// Whether a node is live, ready and healthy, and what speaks against it: the table that orchestrators, load
// balancers and alerts go by.
//
// live: a restart would not help. ready: requests may be sent here. healthy: ready, with a primary in reach
// and fresh reads. Pure, thread-safe; nothing fails.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

#include "litefs/node_state.hpp"
#include "litefs/routing.hpp"

namespace litefs {

// What the node knows of itself besides its node_state.
struct health_facts {
  bool started = false;        // the each-start steps (migrations) are done
  bool target_up = false;      // the app answers
  bool draining = false;       // the node is stopping
  bool given_up = false;       // the supervisor starts nothing again
  bool repairs_mount = false;  // LiteFS is ours: a mount that stays dead is beyond our repair
};

struct health_verdict {
  bool live = true;
  bool ready = true;
  bool healthy = true;
  std::vector<std::string_view> reasons;  // kebab-case literals; empty if and only if healthy
};

// A mount that is dead for longer than this, with a LiteFS of ours, is not going to come back.
inline constexpr std::chrono::minutes repair_max{2};

[[nodiscard]] health_verdict judge_health(node_state const& state, health_facts const& facts,
                                          policy const& rules, time_point now);

// `?role=` of the health endpoints: a single node is its own primary.
enum class role_filter : std::uint8_t { any, primary, replica };
// The value of `role` in a query ("role=replica&x=1"); any without one, nullopt if it is no role to ask for.
[[nodiscard]] std::optional<role_filter> parse_role_filter(std::string_view query) noexcept;
[[nodiscard]] bool matches(role_filter wanted, role actual) noexcept;

}  // namespace litefs
