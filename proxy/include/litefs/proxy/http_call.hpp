// One small HTTP request of the control plane: to LiteFS's API, to a peer's proxy, to the app's readiness
// path, to a control socket. Not the data path.
//
// A connection per call, the whole response in memory (bounded), each call ends at its deadline. Returns the
// transport's error (refused, timed_out, …) or what Beast found wrong with the response. Thread-safe: no
// shared state.
#pragma once

#include "litefs/config.hpp"
#include "litefs/error.hpp"
#include "litefs/proxy/tls_context.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include <chrono>
#include <string>

namespace litefs::proxy {

inline constexpr std::size_t call_body_max = 1024 * 1024;

using call_request = boost::beast::http::request<boost::beast::http::string_body>;
using call_response = boost::beast::http::response<boost::beast::http::string_body>;

struct call_limits {
  milliseconds connect{500};
  milliseconds total{2'000};
  bool head_only = false;  // the response ends with its head: its body may be of any size
};

// Host, Content-Length and Connection are filled in if `request` does not have them.
// `tls`: by which an endpoint with `tls` is reached.
boost::asio::awaitable<result<call_response>> call(endpoint to, call_request request, call_limits limits,
                                                   tls_context tls = nullptr);

[[nodiscard]] call_request make_request(std::string_view method, std::string_view target,
                                        std::string body = {});

// "http://host:port" or "https://host:port" as an endpoint; nullopt for any other scheme, a path or user
// data.
[[nodiscard]] std::optional<endpoint> endpoint_of_url(std::string_view url);

}  // namespace litefs::proxy
