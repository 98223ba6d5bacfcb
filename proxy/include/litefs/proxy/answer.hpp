// Responses that the proxy makes itself, and the head of those that it relays. Belongs to the session's
// thread.
//
// A refusal is a 503 that proves that nothing was executed: clients see the reason, peers a signed marker.
#pragma once

#include <string>
#include <string_view>

#include "litefs/proxy/consistency.hpp"
#include "litefs/proxy/own_endpoints.hpp"
#include "litefs/proxy/transaction.hpp"

namespace litefs::proxy {

// How the client gets the body, whatever framing the upstream used.
struct client_framing {
  bool chunked = false;
  bool close = false;  // the body ends with the connection (HTTP/1.0)
};
[[nodiscard]] client_framing frame_for_client(transaction const& t, upstream_answer const& answer);

[[nodiscard]] std::string relayed_head(transaction const& t, upstream_answer const& answer,
                                       client_framing how, std::string_view lines);
// 1xx, as it is.
[[nodiscard]] std::string interim_head(upstream_answer const& answer);

awaitable<void> answer_plain(transaction& t, int status, std::string_view text, std::string_view lines = {});
awaitable<void> answer_own_endpoint(transaction& t, own_response response);
// 503, Retry-After and the reason; `retry_after` is raised to 1 s.
awaitable<void> refuse(transaction& t, std::string_view why, std::chrono::milliseconds retry_after);
// 409 that makes Fly's proxy send the request to the machine of that hostname, or back to us if it cannot.
awaitable<void> answer_fly_replay(transaction& t, std::string_view hostname);
// 503 for a hop that is not believed: without our mac unless `provable`.
awaitable<void> refuse_hop(transaction& t, std::string_view why, bool provable);

[[nodiscard]] std::string_view status_text(int status) noexcept;

}  // namespace litefs::proxy
