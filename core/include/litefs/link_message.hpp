// What two litefs-proxies say to each other on the peer link: one JSON object a line.
//
// `node_report` is everything a node says of itself, sent whole at each change and as a heartbeat, so that
// the newest one replaces all before it. `freeze` is cluster-wide maintenance as that node knows it: of two,
// the one with the higher number counts. `take_request` asks a replica to become primary; it does, or says
// why not. `told_incidents` is the whole chronicle of the one who speaks. Kinds we do not know are
// unknown_message, so that a newer peer does not break the link. Values, thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "litefs/chronicle.hpp"
#include "litefs/error.hpp"
#include "litefs/node_state.hpp"
#include "litefs/position.hpp"

namespace litefs {

struct freeze {
  std::uint64_t number = 0;           // grows with each change
  std::chrono::milliseconds left{0};  // until it ends by itself; 0: there is none
  bool operator==(freeze const&) const = default;
};

// What goes on at a node at this moment; for those who look, nothing is decided by it.
struct node_load {
  std::uint64_t held = 0;           // requests that wait for a usable primary, mount or app
  std::uint64_t waiting = 0;        // for a position
  std::uint64_t acknowledging = 0;  // writes whose answers wait for the candidates
  std::uint64_t requests_per_s = 0;
  bool operator==(node_load const&) const = default;
};

struct node_report {
  std::string version;  // of its litefs-proxy
  litefs::role role = litefs::role::unknown;
  std::string primary;                     // hostname, as that node knows it
  bool candidate = false;                  // its LiteFS may become primary
  bool ready = false;                      // its app answers
  bool leaving = false;                    // it is stopping
  std::chrono::milliseconds probe_age{0};  // since its own LiteFS last answered
  std::chrono::milliseconds lag{0};        // LiteFS's own figure
  std::vector<std::string> reasons;        // why it is not healthy; none: it is
  litefs::freeze freeze;
  std::uint64_t generation = 0;        // of a primary (cold_start.hpp); 0: it does not know its own yet
  std::vector<std::string> holders{};  // the other nodes that may hold as much as it
  std::vector<database_position> positions;
  std::vector<std::string> candidates;  // of a primary: the other nodes that must have what it acknowledges
  node_load load{};
  std::uint64_t lineage_breaks = 0;
  bool operator==(node_report const&) const = default;
};

struct take_request {
  std::string ticket;  // names this handoff; repeated in all that follows from it
  bool operator==(take_request const&) const = default;
};

struct take_refusal {
  std::string ticket;
  std::string why;
  bool operator==(take_refusal const&) const = default;
};

struct told_incidents {
  std::vector<incident> incidents;
  bool operator==(told_incidents const&) const = default;
};

struct unknown_message {
  bool operator==(unknown_message const&) const = default;
};

using link_message = std::variant<node_report, take_request, take_refusal, told_incidents, unknown_message>;

inline constexpr std::size_t link_line_max = 64 * 1024;

[[nodiscard]] std::string format_link_message(link_message const& m);  // without a newline
// Returns errc::bad_link_message if it is no such object.
[[nodiscard]] result<link_message> parse_link_message(std::string_view line);

// How many transactions of `own` the reporting node lacks, over all databases; one it does not have at all
// counts whole.
[[nodiscard]] std::uint64_t transactions_behind(node_report const& report,
                                                std::vector<database_position> const& own) noexcept;

}  // namespace litefs
