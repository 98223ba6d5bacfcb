// What requests and responses have in common when their heads are judged: field grammar, Connection, framing
// fields.
//
// Private to core. Reasons are literals for the access log. Pure, thread-safe.
#pragma once

#include "litefs/request_rules.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace litefs::head_rules {

using verdict = std::optional<std::string_view>;  // why the head is rejected; nullopt: it is not

[[nodiscard]] bool is_token(std::string_view text) noexcept;  // RFC 9110 section 5.6.2
// ASCII in any case against text in lower case; most names differ in their length or first letter already.
[[nodiscard]] inline bool is(std::string_view text, std::string_view lower) noexcept {
  return text.size() == lower.size() && iequals(text, lower);
}
[[nodiscard]] inline bool istarts_with(std::string_view text, std::string_view lower) noexcept {
  return text.size() >= lower.size() && (text[0] | 0x20) == lower[0] &&
         iequals(text.substr(0, lower.size()), lower);
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
// Names are tokens, values have no control characters.
[[nodiscard]] verdict check_fields(std::vector<header_field> const& fields) noexcept;

// The Connection fields, all taken together.
struct connection_options {
  bool close = false;
  bool keep_alive = false;
  bool upgrade = false;
  bool valid = true;
  std::vector<std::string_view> nominated;  // fields that the sender declares hop-by-hop

  [[nodiscard]] bool nominates(std::string_view name) const noexcept;
};
[[nodiscard]] connection_options read_connection(std::vector<header_field> const& fields);

// The framing fields before any rule about who may send them.
struct framing_fields {
  int length_lines = 0;
  int coding_lines = 0;
  std::optional<std::uint64_t> length;  // nullopt if absent or not a number
  bool chunked = false;                 // the final coding is `chunked` and it comes once
  bool other_codings = false;           // codings we do not know come before it
};
[[nodiscard]] framing_fields read_framing(std::vector<header_field> const& fields);

// Fields about this connection or this message's framing: never passed on.
[[nodiscard]] bool hop_by_hop(std::string_view name) noexcept;

}  // namespace litefs::head_rules
