// The state machine that turns LiteFS's events into a node_state, with the debouncing they need.
//
// While a primary is unreachable LiteFS announces its hostname and "none" in turn, once a second. So the loss
// of a primary counts at once (role disconnected), but the return of the *same* hostname only after it stayed
// for `settle` or a transaction arrived; another hostname or "I am primary" counts at once. A primary that is
// frozen or cut off LiteFS does not notice at all: once its proxy was heard on the peer link, `silence`
// without a word of it (or a transaction) counts as a loss, too. LiteFS's lag never does: a slow local reader
// makes it grow. No I/O, no clock: each input carries its time. Not thread-safe: owned by the watcher.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>

#include "litefs/event.hpp"
#include "litefs/node_state.hpp"

namespace litefs {

class role_machine {
 public:
  struct options {
    std::string hostname;                       // our own, reported as primary when we are it
    std::chrono::milliseconds settle{1500};     // > LiteFS's flapping period of 1 s
    std::chrono::milliseconds silence{3'000};   // six missed heartbeats of the peer link
    std::chrono::milliseconds forget{600'000};  // disconnected for longer: unknown
  };

  explicit role_machine(options opts, time_point now);

  // Each returns true when state() changed in anything but positions.
  bool on_primary(primary_event const& e, time_point now);
  bool on_stream_lost(time_point now);  // our own LiteFS does not answer
  bool on_mount(bool alive, time_point now);
  bool on_lag(std::chrono::milliseconds lag, time_point now);
  // On the peer link `primary`'s proxy told that its LiteFS was well at `when`, which is not after `now`.
  bool on_heard(std::string_view primary, time_point when, time_point now);
  bool tick(time_point now);

  // A transaction became visible. Also proves the connection to the primary.
  bool on_tx(tx_event const& e, time_point now);
  // All positions, read from the mount after (re)subscribing; goes forward or back (restore, failover).
  void resync(std::span<database_position const> positions);

  // LiteFS still follows a primary that is silent: it will not look for another one by itself.
  [[nodiscard]] bool follows_silence(time_point now) const noexcept;

  [[nodiscard]] node_state const& state() const noexcept { return state_; }

 private:
  bool become(role next, std::string primary, time_point now);
  bool lose_primary(time_point now);
  [[nodiscard]] bool silent(std::string_view primary, time_point now) const noexcept;

  options options_;
  node_state state_;
  std::string lost_;       // the primary that LiteFS lost: its return is not believed at once
  std::string returning_;  // it came back and is not yet believed
  time_point returning_since_{};
  std::string voice_;  // whose proxy was heard on the peer link
  time_point heard_{};
};

}  // namespace litefs
