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
    if (state_.role == role::replica) lost_ = state_.primary;
    return lose_primary(now);
  }
  if (e.hostname != lost_) return become(role::replica, e.hostname, now);
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

bool role_machine::tick(time_point now) {
  if (!returning_.empty() && now - returning_since_ >= options_.settle) {
    return become(role::replica, returning_, now);
  }
  if (state_.role == role::disconnected && now - *state_.stale_since >= options_.forget) {
    auto returning = std::move(returning_);
    bool const changed = become(role::unknown, "", now);
    returning_ = std::move(returning);
    return changed;
  }
  return false;
}

bool role_machine::on_tx(tx_event const& e, time_point now) {
  update(state_.positions, e.database, e.position);
  return !returning_.empty() && become(role::replica, returning_, now);
}

void role_machine::resync(std::span<database_position const> positions) {
  state_.positions.assign(positions.begin(), positions.end());
}

}  // namespace litefs
