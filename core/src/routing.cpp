#include "litefs/routing.hpp"

#include <algorithm>

namespace litefs {
namespace {

bool needs_primary(request_facts const& facts) noexcept {
  return !facts.safe || facts.always_forward || facts.remembered || facts.replay || facts.upgrade;
}

reason why_primary(request_facts const& facts) noexcept {
  if (facts.replay) return reason::replay;
  if (!facts.safe) return reason::write;
  if (facts.always_forward) return reason::always_forward;
  if (facts.remembered) return reason::remembered;
  return reason::upgrade;
}

// What only may write is tried: the database backend refuses what really does, and it is asked for again.
bool writes_for_sure(request_facts const& facts) noexcept {
  return !facts.safe || facts.always_forward || facts.replay;
}

// A primary that is known, is not us, and has not just failed to answer.
bool can_forward(request_facts const& facts, node_state const& state) noexcept {
  bool const elsewhere = state.role == role::replica || state.role == role::disconnected;
  return elsewhere && !state.primary.empty() && !facts.primary_unreachable;
}

// Only before the app ran, only towards a primary that lives as far as LiteFS knows, and once: what comes
// back goes over the signed hop, which ends at the next node.
bool fly_may_replay(request_facts const& facts, node_state const& state, policy const& rules) noexcept {
  return rules.fly_replay && facts.from_fly && !facts.fly_replayed && !facts.replay && !facts.upgrade &&
         state.role == role::replica && facts.body_length && *facts.body_length <= fly_replay_body_max;
}

// A read that gets whatever this node has, marked as such.
route stale_read(node_state const& state, policy const& rules, time_point now) noexcept {
  bool const too_old = state.stale_since && now - *state.stale_since > rules.stale_max;
  if (!rules.stale_reads || too_old) return {action::refuse, reason::no_primary};
  return {action::local, reason::stale, true};
}

// At the primary or in single mode. Never waits for a position: nobody is ahead of us.
route at_primary(request_facts const& facts, node_state const& state, freshness const& fresh,
                 bool handoff_hold) noexcept {
  if (!state.mount_alive) return {action::hold, reason::no_mount};
  if (facts.lease_unproven && needs_primary(facts)) return {action::hold, reason::lease_unproven};
  if (handoff_hold && (facts.hop || needs_primary(facts))) return {action::hold, reason::handoff};
  bool const old = facts.lease_unproven;
  if (facts.hop) return {action::local, reason::hop, old, fresh.diverged};
  return {action::local, state.role == role::single ? reason::single : reason::primary, old, fresh.diverged};
}

// A safe request without a need for the primary, at a node that is not it.
route read(request_facts const& facts, node_state const& state, freshness const& fresh, policy const& rules,
           time_point now) noexcept {
  bool const forwardable = can_forward(facts, state);
  if (!state.mount_alive) return {forwardable ? action::forward : action::hold, reason::no_mount};
  if (state.role != role::replica) return stale_read(state, rules, now);
  if (fresh.diverged && forwardable) return {action::forward, reason::diverged, false, true};
  bool const level = !fresh.diverged && !fresh.missing && !fresh.unseen;
  if (level && !fresh.behind) return {action::local, reason::fresh, state.lag > rules.max_lag};
  if (level && !facts.waited) return {action::wait, reason::behind};
  if (forwardable) return {action::forward, reason::read_at_primary};
  return stale_read(state, rules, now);
}

}  // namespace

std::string_view to_string(action a) noexcept {
  switch (a) {
    case action::own:
      return "own";
    case action::local:
      return "local";
    case action::wait:
      return "wait";
    case action::forward:
      return "forward";
    case action::fly_replay:
      return "fly-replay";
    case action::hold:
      return "hold";
    case action::refuse:
      return "refuse";
  }
  return "unknown";
}

std::string_view to_string(reason r) noexcept {
  switch (r) {
    case reason::own_endpoint:
      return "own-endpoint";
    case reason::passthrough:
      return "passthrough";
    case reason::primary:
      return "primary";
    case reason::single:
      return "single";
    case reason::fresh:
      return "fresh";
    case reason::stale:
      return "stale";
    case reason::behind:
      return "behind";
    case reason::read_at_primary:
      return "read-at-primary";
    case reason::diverged:
      return "diverged";
    case reason::write:
      return "write";
    case reason::always_forward:
      return "always-forward";
    case reason::remembered:
      return "remembered";
    case reason::replay:
      return "replay";
    case reason::upgrade:
      return "upgrade";
    case reason::no_primary:
      return "no-primary";
    case reason::no_mount:
      return "no-mount";
    case reason::handoff:
      return "handoff";
    case reason::maintenance:
      return "maintenance";
    case reason::hop:
      return "hop";
    case reason::hop_not_primary:
      return "hop-not-primary";
    case reason::lease_unproven:
      return "lease-unproven";
    case reason::rejected:
      return "rejected";
  }
  return "unknown";
}

freshness compare(demands const& demanded, node_state const& state, lineage const& history,
                  std::span<std::uint32_t const> configured) noexcept {
  freshness found;
  for (auto const& [database, wanted] : demanded) {
    auto const* local = state.find(database);
    if (!local) {
      found.missing |= std::ranges::find(configured, database) != configured.end();
      continue;
    }
    if (wanted.txid > local->position.txid) {
      found.behind = true;
    } else if (wanted.txid == local->position.txid) {
      found.diverged |= wanted.checksum != local->position.checksum;
    } else {
      auto const verdict = history.compare(database, wanted);
      found.diverged |= verdict == lineage_verdict::other;
      found.unseen |= verdict == lineage_verdict::unseen;
    }
  }
  return found;
}

route decide(request_facts const& facts, node_state const& state, freshness const& fresh, bool handoff_hold,
             policy const& rules, time_point now) noexcept {
  if (facts.own_endpoint) return {action::own, reason::own_endpoint};
  if (facts.hop && !state.writable()) return {action::refuse, reason::hop_not_primary};
  if (facts.passthrough && !facts.hop) return {action::local, reason::passthrough};
  if (facts.frozen && writes_for_sure(facts)) return {action::refuse, reason::maintenance};
  if (state.writable()) return at_primary(facts, state, fresh, handoff_hold);
  if (!needs_primary(facts)) return read(facts, state, fresh, rules, now);
  // Also while disconnected: the last known primary's proxy is the one to judge whether it still is primary.
  if (can_forward(facts, state)) {
    auto const by = fly_may_replay(facts, state, rules) ? action::fly_replay : action::forward;
    return {by, why_primary(facts)};
  }
  return {action::hold, reason::no_primary};
}

}  // namespace litefs
