// A position: how far a LiteFS database has come, as a TXID and the checksum of the whole database after it.
//
// LiteFS writes it as `<16 hex TXID>/<16 hex checksum>` into `<db>-pos` (with a newline) and into /events.
// The TXID alone repeats after a lossy failover; only both together name one content. Values, thread-safe.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "litefs/error.hpp"

namespace litefs {

struct txid {
  std::uint64_t value = 0;
  auto operator<=>(txid const&) const = default;
};

struct position {
  litefs::txid txid;
  std::uint64_t checksum = 0;
  bool operator==(position const&) const = default;
};

struct database_position {
  std::string database;
  litefs::position position;
  bool operator==(database_position const&) const = default;
};

// Exactly 16 hex digits, either case. Returns errc::bad_txid otherwise.
[[nodiscard]] result<txid> parse_txid(std::string_view text) noexcept;
[[nodiscard]] std::string to_string(txid id);

// `<16 hex>/<16 hex>`, one trailing newline allowed. Returns errc::bad_position otherwise.
[[nodiscard]] result<position> parse_position(std::string_view text) noexcept;
[[nodiscard]] std::string to_string(position const& pos);

// 16 hex digits to a number; shared by txid, checksum, cookie. Returns errc::bad_txid otherwise.
[[nodiscard]] result<std::uint64_t> parse_hex64(std::string_view text) noexcept;
[[nodiscard]] std::string format_hex64(std::uint64_t value);

// CRC-32 (IEEE) of a database's name: how cookies name a database without showing it.
[[nodiscard]] std::uint32_t database_id(std::string_view name) noexcept;

}  // namespace litefs
