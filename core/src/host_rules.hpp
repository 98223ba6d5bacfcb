// Where a request target points: its form and authority (RFC 9112 section 3.2).
//
// Private to core. Views point into the input or at literals. Pure, thread-safe.
#pragma once

#include <optional>
#include <string_view>

namespace litefs {

struct split_request_target {
  std::string_view authority;  // of absolute-form, else empty
  std::string_view origin;     // origin-form, or "*"
};

// Nullopt for a form that is not allowed there.
[[nodiscard]] std::optional<split_request_target> split_target(std::string_view target,
                                                               bool options_method) noexcept;

// A DNS name, IPv4 or bracketed IPv6 address with an optional port: nothing else, no userinfo, no list.
[[nodiscard]] bool valid_authority(std::string_view text) noexcept;

}  // namespace litefs
