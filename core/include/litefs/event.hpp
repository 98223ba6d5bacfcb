// One line of LiteFS's `GET /events` stream (newline-delimited JSON), as a value.
//
// `init` and `primaryChange` tell who is primary; `tx` tells that a transaction became visible on this node,
// at the moment it does. Types we do not know are returned as unknown_event so that a newer LiteFS does not
// break the stream. Thread-safe. A hostname that is no hostname (hostname.hpp) is errc::bad_event.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "litefs/error.hpp"
#include "litefs/position.hpp"

namespace litefs {

struct primary_event {
  bool is_primary = false;
  std::string hostname;  // of the primary; empty on the primary itself and when none is known
  bool operator==(primary_event const&) const = default;
};

struct tx_event {
  std::string database;
  litefs::position position;
  bool operator==(tx_event const&) const = default;
};

struct unknown_event {
  bool operator==(unknown_event const&) const = default;
};

using event = std::variant<primary_event, tx_event, unknown_event>;

// Returns errc::bad_event if the line is not such an object or longer than 64 KiB.
[[nodiscard]] result<event> parse_event(std::string_view line);

}  // namespace litefs
