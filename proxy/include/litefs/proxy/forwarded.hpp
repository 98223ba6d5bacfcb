// X-Forwarded-For, -Proto and -Host, and what else only a proxy may say (Forwarded, X-Real-IP, Fly-*): what
// we believe, and what we tell the next one.
//
// A trusted proxy or an authenticated peer is believed and its client list is continued; everybody else's
// values are replaced. `others` refers to the head that it was read from. Values, thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "litefs/request_rules.hpp"

namespace litefs::proxy {

struct forwarded {
  std::string for_;
  std::string proto;
  std::string host;
  std::vector<header_field> others;

  [[nodiscard]] bool secure() const noexcept { return proto == "https"; }
  [[nodiscard]] std::string subject() const;  // as the mac of a hop covers them
};

// The value of the first field of that name; "" if absent.
[[nodiscard]] std::string_view find_field(std::vector<header_field> const& fields,
                                          std::string_view name) noexcept;

// What the sender wrote, unjudged.
[[nodiscard]] forwarded received_forwarded(accepted_request const& request);
// What stands for the address of a client on a unix socket, in the log and nowhere else.
inline constexpr std::string_view unix_client = "unix";

// What to send on: `received` only counts if `believed`.
// `scheme`: what the client speaks with us.
[[nodiscard]] forwarded continue_forwarded(forwarded received, bool believed, std::string_view client,
                                           std::string_view host, std::string_view scheme = "http");

}  // namespace litefs::proxy
