// When a replica's read gate is closed: the decision alone, without gate and clock.
//
// Closed while the primary is ahead of this node in any database that both have; opened as soon as the node
// has caught up, and then for at least `open_min`, so that readers make progress. A closing that brings
// nothing within `closed_max` shows a reader that holds no matter what: the next one comes after a pause
// that doubles up to `futile_max`, until a transaction is applied. While a read older than a second is known
// to be open the gate stays open: closing it would only add waits. Not thread-safe.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "litefs/node_state.hpp"
#include "litefs/position.hpp"

namespace litefs {

class gate_policy {
 public:
  struct options {
    // LiteFS's own chance, as long as it takes it: without readers in its way it needs no gate.
    std::chrono::milliseconds grace{1};
    std::chrono::milliseconds open_min{5};
    std::chrono::milliseconds closed_max{250};
    std::chrono::milliseconds futile_max{1'000};
  };

  explicit gate_policy(options opts) noexcept : options_(opts) {}

  void primary_at(std::string_view database, position const& at, time_point now);
  void local_at(std::string_view database, position const& at, time_point now);
  void primary_unknown() noexcept { primary_.clear(); }
  // Whether a read that is older than a second is open on this node.
  void long_read(bool open) noexcept { long_read_ = open; }

  // What the gate must be now. Ask again after each of the calls above and at due().
  bool closed(time_point now);
  // When the answer may change by itself.
  [[nodiscard]] std::optional<time_point> due() const noexcept;
  // How long the gate has been closed.
  [[nodiscard]] std::chrono::milliseconds closed_for(time_point now) const noexcept;
  [[nodiscard]] bool behind() const noexcept;

 private:
  void open(time_point now, std::chrono::milliseconds for_at_least);
  [[nodiscard]] time_point earliest() const noexcept;  // of the next closing, while behind

  options options_;
  std::map<std::string, txid, std::less<>> primary_;
  std::map<std::string, txid, std::less<>> local_;
  std::optional<time_point> behind_since_;
  std::optional<time_point> closed_since_;
  time_point open_until_{};
  std::chrono::milliseconds pause_{0};  // after the last futile closing
  bool late_ = false;                   // the last transaction did not come within its grace
  bool progress_ = false;               // a transaction was applied during this closing
  bool long_read_ = false;
};

}  // namespace litefs
