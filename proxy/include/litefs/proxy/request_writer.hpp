// The head of a request as we send it on: to the target, or signed to a peer. Framing is always ours; what
// the client said about its connection never passes. Pure functions, thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "litefs/proxy/transaction.hpp"

namespace litefs::proxy {

[[nodiscard]] std::string target_request_head(transaction const& t);

struct peer_request {
  std::string head;
  std::string mac;  // of the hop: the answer's marker is checked against it
};
// `hostname` is the receiver, `boot` its boot id as far as we know it.
[[nodiscard]] peer_request peer_request_head(transaction const& t, std::string_view hostname,
                                             std::string_view boot);

// The value of `litefs-proxied` that makes the backend begin IMMEDIATE; "1" otherwise.
inline constexpr std::string_view second_run = "1;begin=immediate";

// How the mac of a hop names the length of a body.
[[nodiscard]] std::string length_subject(framing const& f);

}  // namespace litefs::proxy
