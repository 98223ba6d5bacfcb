// The consistency cookie (and request header) `litefs-position`: how far the databases were when this client
// last wrote or read, so that no node shows it an older state.
//
// `1.<db>-<txid>-<checksum>[.<db>-<txid>-<checksum>…]`: `<db>` 8 hex digits (database_id), the others 16.
// Strict, at most 8 databases, each once. Unsigned: routing never trusts it further than a bounded wait.
// Thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "litefs/error.hpp"
#include "litefs/position.hpp"

namespace litefs {

struct demand {
  std::uint32_t database = 0;
  litefs::position position;
  bool operator==(demand const&) const = default;
};
using demands = std::vector<demand>;

inline constexpr std::size_t max_demands = 8;

// Returns errc::bad_cookie if it is not exactly of that form; version other than 1 too.
[[nodiscard]] result<demands> parse_demands(std::string_view value);
[[nodiscard]] std::string format_demands(demands const& d);
// Adds or advances: the higher TXID per database wins, `newer` wins on equal TXIDs. Keeps at most
// max_demands.
[[nodiscard]] demands merge(demands older, demands const& newer);

// The value of cookie `name` in a Cookie header ("" if absent). Two cookies of that name: the last one that
// parses wins upstream.
[[nodiscard]] std::string_view find_cookie(std::string_view cookie_header, std::string_view name) noexcept;

struct cookie_attributes {
  std::string name = "litefs-position";
  std::string same_site = "Lax";
  std::string domain;  // empty: host-only
  int max_age_s = 300;
  bool operator==(cookie_attributes const&) const = default;
};
// The value of a Set-Cookie header: HttpOnly, Path=/, Max-Age, SameSite, Secure when the client came by TLS.
[[nodiscard]] std::string make_set_cookie(std::string_view value, cookie_attributes const& attributes,
                                          bool secure);
// `Max-Age=0` form, to make a client forget a position of another history.
[[nodiscard]] std::string make_clear_cookie(cookie_attributes const& attributes, bool secure);

// App to proxy: `litefs-committed: <db>=<txid>/<checksum>, …` (database names, not ids), or `none` if nothing
// was written.
[[nodiscard]] result<std::vector<database_position>> parse_committed(std::string_view value);
[[nodiscard]] std::string format_committed(std::vector<database_position> const& committed);

}  // namespace litefs
