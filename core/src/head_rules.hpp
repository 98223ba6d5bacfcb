// What requests and responses have in common when their heads are judged: field grammar, Connection, framing
// fields.
//
// Private to core. Reasons are literals for the access log. Pure, thread-safe.
#pragma once

#include "litefs/request_rules.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace litefs::head_rules {

using verdict = std::optional<std::string_view>;  // why the head is rejected; nullopt: it is not

[[nodiscard]] bool is_token(std::string_view text) noexcept;  // RFC 9110 section 5.6.2
// ASCII in any case against text in lower case; most names differ in their length or first letter already.
[[nodiscard]] inline bool is(std::string_view text, std::string_view lower) noexcept {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto const upper = static_cast<unsigned char>(text[i] - 'A') < 26;
    if ((upper ? text[i] + ('a' - 'A') : text[i]) != lower[i]) return false;
  }
  return true;
}
[[nodiscard]] inline bool istarts_with(std::string_view text, std::string_view lower) noexcept {
  return text.size() >= lower.size() && is(text.substr(0, lower.size()), lower);
}
[[nodiscard]] std::string_view trim(std::string_view text) noexcept;

// Calls `use` with each non-empty trimmed element of a comma-separated list.
template <class Use>
void for_each_element(std::string_view list, Use use) {
  while (!list.empty()) {
    auto const comma = list.find(',');
    if (auto const element = trim(list.substr(0, comma)); !element.empty()) use(element);
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
  }
}

// Bare CR or LF, NUL and folded lines, which a parser may have smoothed over; an empty `raw` passes.
[[nodiscard]] verdict check_raw(std::string_view raw) noexcept;

// The Connection fields, all taken together.
struct connection_options {
  bool close = false;
  bool keep_alive = false;
  bool upgrade = false;
  bool valid = true;
  std::vector<std::string_view> nominated;  // fields that the sender declares hop-by-hop

  [[nodiscard]] bool nominates(std::string_view name) const noexcept;
};

// The framing fields before any rule about who may send them.
struct framing_fields {
  int length_lines = 0;
  int coding_lines = 0;
  std::optional<std::uint64_t> length;  // nullopt if absent or not a number
  bool chunked = false;                 // the final coding is `chunked` and it comes once
  bool other_codings = false;           // codings we do not know come before it
};

// What a name means to some rule of ours.
enum class meaning : std::uint8_t {
  other,
  host,
  max_forwards,
  connection,
  content_length,
  transfer_encoding,
  upgrade,
  expect,
  hop_by_hop,       // what else is about this connection only
  method_override,  // asks the app to take the method for another
  cookie,
  cache_control,
  content_type,
  from_proxies,  // believed of proxies only
  fly,           // likewise, and an instruction to Fly's proxy in a response
  litefs_position,
  litefs_hop,
  litefs_committed,
  litefs_replay,
  litefs_not_executed,
  litefs_ack,
  litefs,  // all else that begins with it
};
// Fields about this connection or this message's framing: never passed on.
[[nodiscard]] constexpr bool of_this_hop(meaning m) noexcept {
  return m >= meaning::connection && m <= meaning::hop_by_hop;
}

// Said between us and the backend or a peer: never passed on.
[[nodiscard]] constexpr bool of_litefs(meaning m) noexcept { return m >= meaning::litefs_position; }

struct known_field {
  head_rules::meaning meaning;
  // WSGI reads '-' and '_' as one, so an underscore could smuggle in any name that we strip.
  bool underscored;
};

// One look at every field: all that the rules need to know of them.
struct survey {
  verdict bad;  // a name that is no token, a value with control characters
  std::vector<known_field> fields;
  int host_lines = 0;
  std::string_view host;
  int upgrade_lines = 0;
  std::string_view upgrade;
  connection_options connection;
  framing_fields framing;
};
[[nodiscard]] survey look_at(std::vector<header_field> const& fields);

}  // namespace litefs::head_rules
