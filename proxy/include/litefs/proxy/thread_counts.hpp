// What one worker thread counted since its start; metrics.hpp sums all threads and gives the names.
//
// Written by its own thread, read by any (counter.hpp). A request is counted by its final route, once.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string_view>

#include "litefs/node_state.hpp"
#include "litefs/proxy/counter.hpp"
#include "litefs/routing.hpp"

namespace litefs::proxy {

// Where a request was sent.
enum class upstream_side : std::uint8_t { target, primary };
inline constexpr std::array<std::string_view, 2> upstream_sides{"target", "primary"};

// Why the same request was sent again.
enum class retry_cause : std::uint8_t {
  broken,        // a connection broke under a safe request
  not_sent,      // nobody was reached
  not_executed,  // the peer proved that it did nothing
};
inline constexpr std::array<std::string_view, 3> retry_causes{"broken", "not-sent", "not-executed"};

// Reasons of our 503s. One that is not listed counts as the last.
inline constexpr std::array<std::string_view, 16> refusal_reasons{"no-primary",      "no-mount",
                                                                  "handoff",         "hop-not-primary",
                                                                  "lease-unproven",  "behind",
                                                                  "target-down",     "target-busy",
                                                                  "stopping",        "primary-unreachable",
                                                                  "secret-mismatch", "wrong-node",
                                                                  "restarted",       "replayed",
                                                                  "candidate-away",  "other"};

// How a write was acknowledged to its client.
enum class acknowledgement : std::uint8_t {
  local,   // committed on the primary, more was not asked for
  all,     // and on every candidate
  any,     // and on one of them
  no,      // asked for in vain: the answer says so
  failed,  // the same: 504
};
inline constexpr std::array<std::string_view, 5> acknowledgements{"local", "all", "any", "no", "failed"};

struct request_times {
  std::chrono::microseconds held{0};           // no usable primary, mount or app
  std::chrono::microseconds behind{0};         // for a position
  std::chrono::microseconds queued{0};         // for a connection to the target
  std::chrono::microseconds acknowledging{0};  // for the candidates
  std::chrono::microseconds upstream{0};       // from dialling to the head of the answer; all attempts
};

class route_counts {
 public:
  static constexpr std::size_t roles = static_cast<std::size_t>(role::single) + 1;
  static constexpr std::size_t status_classes = 6;  // 0: the client left before an answer

  void add(route const& r, role here, int status) noexcept {
    counts_[index(static_cast<std::size_t>(r.action), static_cast<std::size_t>(r.reason),
                  static_cast<std::size_t>(here), class_of(status))]
        .add();
  }
  [[nodiscard]] std::uint64_t value(std::size_t action, std::size_t reason, std::size_t here,
                                    std::size_t status_class) const noexcept {
    return counts_[index(action, reason, here, status_class)].value();
  }

 private:
  static constexpr std::size_t index(std::size_t action, std::size_t reason, std::size_t here,
                                     std::size_t status_class) noexcept {
    return ((action * reason_count + reason) * roles + here) * status_classes + status_class;
  }
  static constexpr std::size_t class_of(int status) noexcept {
    return status < 100 || status > 599 ? 0 : static_cast<std::size_t>(status) / 100;
  }

  std::array<counter, action_count * reason_count * roles * status_classes> counts_;
};

struct alignas(64) thread_counts {
  counter connections;          // accepted
  counter connections_refused;  // beyond limits.connections
  counter tls_failed;           // handshakes
  counter received;             // requests, well-formed, as they begin
  counter holds;                // as they begin
  counter position_waits;       // as they begin
  counter replays;
  counter unknown_outcomes;
  counter stale;
  counter diverged;
  counter bytes_in;
  counter bytes_out;
  counter upstreams_idle;  // now
  std::array<counter, retry_causes.size()> retries;
  std::array<counter, refusal_reasons.size()> refusals;
  std::array<counter, acknowledgements.size()> acknowledged;  // writes
  std::array<counter, upstream_sides.size()> upstreams_opened;
  std::array<counter, upstream_sides.size()> upstreams_reused;
  std::array<histogram, upstream_sides.size()> upstream_time;
  histogram held;
  histogram behind;
  histogram queued;
  histogram acknowledging;
  std::array<histogram, action_count> duration;
  route_counts requests;

  void retried(retry_cause why) noexcept { retries[static_cast<std::size_t>(why)].add(); }
  void acknowledged_as(acknowledgement how) noexcept { acknowledged[static_cast<std::size_t>(how)].add(); }
  void refused(std::string_view why) noexcept;
  [[nodiscard]] std::uint64_t all_refusals() const noexcept;
  // A request has ended; `status` 0: without an answer.
  void ended(route const& r, role here, int status, std::chrono::microseconds took,
             request_times const& times) noexcept;
};

}  // namespace litefs::proxy
