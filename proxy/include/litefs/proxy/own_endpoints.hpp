// The paths under /litefs/ that the proxy answers itself: health, ready, live for load balancers, and the
// peer endpoints for other nodes' proxies.
//
// Health is GET and HEAD only and tells nothing secret. Peer endpoints need an authenticated hop; to anybody
// else they do not exist (404). Called on a worker's thread; what changes anything is passed to the control
// thread. Never throws for bad requests: the answer is an own_response with its status.
#pragma once

#include "litefs/hop.hpp"

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace litefs::proxy {

struct node;
class view;

inline constexpr std::size_t own_body_max = 16 * 1024;

struct own_request {
  std::string method;
  std::string target;       // origin form
  std::optional<hop> peer;  // authenticated
  std::string body;         // complete, at most own_body_max
};

struct own_response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::string allow;  // the Allow header of a 405
};

// True if answer_own() is responsible for the path (compare before any routing).
[[nodiscard]] bool is_own_path(std::string_view target) noexcept;

boost::asio::awaitable<own_response> answer_own(node& n, view& v, own_request request);

// The JSON of health and `litefs-proxy status`, with its status code by the rules for /litefs/health.
[[nodiscard]] own_response health(node const& n, view const& v);

}  // namespace litefs::proxy
