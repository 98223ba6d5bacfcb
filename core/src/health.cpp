#include "litefs/health.hpp"

namespace litefs {
namespace {

// Nothing may be sent here for this; whether the node can help itself is another question.
void judge_readiness(health_verdict& v, node_state const& state, health_facts const& facts,
                     policy const& rules, time_point now) {
  if (!facts.started) v.reasons.emplace_back("booting");
  if (!facts.target_up) v.reasons.emplace_back("app-down");
  if (facts.draining) v.reasons.emplace_back("draining");
  if (!state.mount_alive) v.reasons.emplace_back("mount-dead");
  if (state.role == role::disconnected || state.role == role::unknown) {
    if (!rules.stale_reads) v.reasons.emplace_back("stale-reads-off");
    bool const too_old = !state.stale_since || now - *state.stale_since > rules.stale_max;
    if (rules.stale_reads && too_old) v.reasons.emplace_back("stale-max");
  }
  v.ready = v.reasons.empty();
}

void judge_freshness(health_verdict& v, node_state const& state, policy const& rules) {
  if (state.role == role::disconnected) v.reasons.emplace_back("disconnected");
  if (state.role == role::unknown) v.reasons.emplace_back("no-primary");
  if (state.role == role::replica && state.lag > rules.max_lag) v.reasons.emplace_back("lag");
}

// While the node boots, litefs.start-timeout bounds the wait for the mount.
bool mount_is_lost(node_state const& state, health_facts const& facts, time_point now) {
  return facts.started && facts.repairs_mount && state.mount_dead_since &&
         now - *state.mount_dead_since > repair_max;
}

}  // namespace

health_verdict judge_health(node_state const& state, health_facts const& facts, policy const& rules,
                            time_point now) {
  health_verdict v;
  judge_readiness(v, state, facts, rules, now);
  judge_freshness(v, state, rules);
  if (facts.given_up || mount_is_lost(state, facts, now)) {
    v.live = v.ready = false;
    v.reasons.emplace_back("beyond-repair");
  }
  v.healthy = v.reasons.empty();
  return v;
}

std::optional<role_filter> parse_role_filter(std::string_view query) noexcept {
  constexpr std::string_view key = "role=";
  while (!query.empty()) {
    auto const end = query.find('&');
    auto const pair = query.substr(0, end);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    if (!pair.starts_with(key)) continue;
    auto const value = pair.substr(key.size());
    if (value == "primary") return role_filter::primary;
    if (value == "replica") return role_filter::replica;
    return std::nullopt;
  }
  return role_filter::any;
}

bool matches(role_filter wanted, role actual) noexcept {
  switch (wanted) {
    case role_filter::any:
      return true;
    case role_filter::primary:
      return actual == role::primary || actual == role::single;
    case role_filter::replica:
      return actual == role::replica;
  }
  return false;
}

}  // namespace litefs
