// The state machine that turns LiteFS's events into a node_state, with the debouncing they need.
//
// While a primary is unreachable LiteFS announces its hostname and "none" in turn, once a second. So the loss
// of a primary counts at once (role disconnected), but the return of the *same* hostname only after it stayed
// for `settle` or a transaction arrived; another hostname or "I am primary" counts at once. No I/O, no clock:
// each input carries its time. Not thread-safe: owned by the watcher.
#pragma once

#include <chrono>
#include <span>
#include <string>

#include "litefs/event.hpp"
#include "litefs/node_state.hpp"

namespace litefs {

class role_machine {
 public:
  struct options {
    std::string hostname;                       // our own, reported as primary when we are it
    std::chrono::milliseconds settle{1500};     // > LiteFS's flapping period of 1 s
    std::chrono::milliseconds forget{600'000};  // disconnected for longer: unknown
  };

  explicit role_machine(options opts, time_point now);

  // Each returns true when state() changed in anything but positions.
  bool on_primary(primary_event const& e, time_point now);
  bool on_stream_lost(time_point now);  // our own LiteFS does not answer
  bool on_mount(bool alive, time_point now);
  bool on_lag(std::chrono::milliseconds lag, time_point now);
  bool tick(time_point now);

  // A transaction became visible. Also proves the connection to the primary.
  bool on_tx(tx_event const& e, time_point now);
  // All positions, read from the mount after (re)subscribing; goes forward or back (restore, failover).
  void resync(std::span<database_position const> positions);

  [[nodiscard]] node_state const& state() const noexcept { return state_; }

 private:
  bool become(role next, std::string primary, time_point now);
  bool lose_primary(time_point now);

  options options_;
  node_state state_;
  std::string lost_;       // the primary that LiteFS lost: its return is not believed at once
  std::string returning_;  // it came back and is not yet believed
  time_point returning_since_{};
};

}  // namespace litefs
