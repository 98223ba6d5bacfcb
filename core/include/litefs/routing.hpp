// Where a request goes: `decide(facts, state, lineage verdict, policy) -> route`, decided once, as a value.
//
// Session, access log, metrics and tests all use the same route. Pure, thread-safe, no allocation. Waiting,
// holding and retrying are the session's: it asks again with the new state, and says how often it waited.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "litefs/cookie.hpp"
#include "litefs/lineage.hpp"
#include "litefs/node_state.hpp"

namespace litefs {

enum class action : std::uint8_t {
  own,    // answered by the proxy itself (/litefs/…)
  local,  // this node's target
  wait,   // until the demanded position is visible here, at most read-wait; then ask again with waited = true
  forward,     // the primary's proxy
  fly_replay,  // answered 409: Fly's proxy sends the request to the primary itself, nothing of it ran here
  hold,        // until the state changes, at most primary-redirect-timeout; then ask again
  refuse,      // 503, provably not executed
};

enum class reason : std::uint8_t {
  own_endpoint,
  passthrough,
  primary,  // we are it
  single,
  fresh,            // a read, no position demanded ahead of ours
  stale,            // a read while disconnected or unknown, marked
  behind,           // waiting for the demanded position
  read_at_primary,  // waited in vain, or nothing to compare with
  diverged,         // the demanded position is of another history
  write,            // unsafe method
  always_forward,
  remembered,  // a safe route that needed the primary before
  replay,      // the app asked for it
  upgrade,
  no_primary,       // held, or refused at the end
  no_mount,         // cannot read locally
  handoff,          // held by the primary during a planned handoff
  maintenance,      // no write starts in the whole cluster
  hop,              // came from a peer
  hop_not_primary,  // a peer took us for the primary: not executed
  lease_unproven,   // we are primary as far as we know, but stood still for too long to be sure
  rejected,         // before routing: not acceptable as HTTP, or its hop was not believed
};
inline constexpr auto action_count = static_cast<std::size_t>(action::refuse) + 1;
inline constexpr auto reason_count = static_cast<std::size_t>(reason::rejected) + 1;
[[nodiscard]] std::string_view to_string(action a) noexcept;
[[nodiscard]] std::string_view to_string(reason r) noexcept;  // kebab-case, as in the access log

struct request_facts {
  bool own_endpoint = false;
  bool hop = false;  // authenticated
  bool safe = false;
  bool passthrough = false;  // only for safe methods and unambiguous paths
  bool always_forward = false;
  bool remembered = false;
  bool replay = false;  // second run, asked for by the app
  bool upgrade = false;
  bool waited = false;               // read-wait is used up
  bool primary_unreachable = false;  // a connect to the primary failed while reading
  bool frozen = false;               // maintenance
  bool lease_unproven = false;       // we may have lost the lease without knowing
  bool from_fly = false;             // Fly's proxy sent it: a trusted address that names a Fly client
  bool fly_replayed = false;         // and has replayed it before, or tried to
  std::optional<std::uint64_t> body_length = 0;  // nullopt: not known beforehand
  demands const* demanded = nullptr;             // from cookie or header; nullptr if none
};

struct policy {
  bool stale_reads = true;
  std::chrono::milliseconds stale_max{600'000};
  std::chrono::milliseconds max_lag{10'000};  // beyond it what a replica serves is marked
  bool fly_replay = false;                    // transport: fly-replay
};

// What Fly's proxy keeps of a request to replay it; beyond it a replay is an error there.
inline constexpr std::uint64_t fly_replay_body_max = 1'000'000;

struct route {
  litefs::action action = action::refuse;
  litefs::reason reason = reason::no_primary;
  bool mark_stale = false;     // litefs-stale
  bool mark_diverged = false;  // litefs-lineage: diverged, and the cookie is reissued
  bool operator==(route const&) const = default;
};

struct freshness {
  bool behind = false;    // some demanded position is ahead of the local one
  bool diverged = false;  // some demanded position is of another history
  bool missing = false;   // some demanded database of ours has no local position yet: waiting tells nothing
  bool unseen = false;  // some demanded position is one that this node, if not the primary, did not see go by
};
// Compares each demand with the snapshot and the lineage. Demands for databases that this node neither has
// nor is configured for (ids in `configured`) are ignored: a cookie outlives a dropped database.
[[nodiscard]] freshness compare(demands const& demanded, node_state const& state, lineage const& history,
                                std::span<std::uint32_t const> configured = {}) noexcept;

[[nodiscard]] route decide(request_facts const& facts, node_state const& state, freshness const& fresh,
                           bool handoff_hold, policy const& rules, time_point now) noexcept;

}  // namespace litefs
