#include "litefs/role_machine.hpp"

#include <algorithm>
#include <utility>

namespace litefs {
namespace {

bool without_news(role r) noexcept { return r == role::disconnected || r == role::unknown; }

void update(std::vector<database_position>& positions, std::string const& database, position const& pos) {
  auto const known = std::ranges::find(positions, database, &database_position::database);
  if (known == positions.end()) {
    positions.push_back({database, pos});
  } else {
    known->position = pos;
  }
}

}  // namespace

role_machine::role_machine(options opts, time_point now) : options_(std::move(opts)) {
  state_.stale_since = now;
}

bool role_machine::become(role next, std::string primary, time_point now) {
  returning_.clear();
  if (!without_news(next)) lost_.clear();
  if (state_.role == next && state_.primary == primary) return false;
  if (voice_ != primary) voice_.clear();
  if (!without_news(next)) {
    state_.stale_since.reset();
  } else if (!state_.stale_since) {
    state_.stale_since = now;
  }
  state_.role = next;
  state_.primary = std::move(primary);
  return true;
}

// What we know of a primary stays known; that we were it ourselves tells nothing about who is it now.
bool role_machine::lose_primary(time_point now) {
  if (state_.role == role::primary) return become(role::unknown, "", now);
  if (state_.role == role::replica) return become(role::disconnected, state_.primary, now);
  returning_.clear();
  return false;
}

bool role_machine::on_primary(primary_event const& e, time_point now) {
  if (e.is_primary) return become(role::primary, options_.hostname, now);
  // A LiteFS that was restarted while it held the lease names itself until the lease has run out.
  if (e.hostname.empty() || e.hostname == options_.hostname) {
    if (state_.role == role::replica || state_.role == role::disconnected) lost_ = state_.primary;
    return lose_primary(now);
  }
  bool const believed = e.hostname != lost_ && !silent(e.hostname, now);
  if (believed) return become(role::replica, e.hostname, now);
  if (returning_.empty()) {
    returning_ = e.hostname;
    returning_since_ = now;
  }
  return tick(now);
}

bool role_machine::on_stream_lost(time_point now) { return lose_primary(now); }

bool role_machine::on_mount(bool alive, time_point now) {
  bool const changed = std::exchange(state_.mount_alive, alive) != alive;
  if (alive) {
    state_.mount_dead_since.reset();
  } else if (!state_.mount_dead_since) {
    state_.mount_dead_since = now;
  }
  return changed;
}

bool role_machine::on_lag(std::chrono::milliseconds lag, time_point) {
  return std::exchange(state_.lag, lag) != lag;
}

bool role_machine::silent(std::string_view primary, time_point now) const noexcept {
  return voice_ == primary && now - heard_ >= options_.silence;
}

bool role_machine::follows_silence(time_point now) const noexcept {
  return state_.role == role::disconnected && !returning_.empty() && silent(returning_, now);
}

bool role_machine::on_heard(std::string_view primary, time_point when, time_point now) {
  if (primary != state_.primary || state_.role == role::primary) return false;
  heard_ = voice_ == primary ? std::max(heard_, when) : when;
  voice_ = primary;
  return tick(now);
}

bool role_machine::tick(time_point now) {
  if (state_.role == role::replica && silent(state_.primary, now)) {
    auto const primary = state_.primary;
    become(role::disconnected, primary, now);
    state_.stale_since = heard_;
    returning_ = primary;  // LiteFS names it all the time: as soon as it is heard it counts again
    returning_since_ = heard_;
    return true;
  }
  bool const stayed = !returning_.empty() && now - returning_since_ >= options_.settle;
  if (stayed && !silent(returning_, now)) return become(role::replica, returning_, now);
  bool const named = !returning_.empty();  // one that LiteFS still names is not forgotten, however silent
  if (state_.role == role::disconnected && !named && now - *state_.stale_since >= options_.forget)
    return become(role::unknown, "", now);
  return false;
}

bool role_machine::on_tx(tx_event const& e, time_point now) {
  update(state_.positions, e.database, e.position);
  heard_ = std::max(heard_, now);  // it came from the primary, whoever that is
  return !returning_.empty() && become(role::replica, returning_, now);
}

void role_machine::resync(std::span<database_position const> positions) {
  state_.positions.assign(positions.begin(), positions.end());
}

}  // namespace litefs
