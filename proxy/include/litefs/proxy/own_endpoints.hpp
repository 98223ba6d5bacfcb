// The paths under /litefs/ that the proxy answers itself: health, ready, live for load balancers, and the
// peer endpoints for other nodes' proxies.
//
// Health is GET and HEAD only and tells nothing secret. Peer endpoints need an authenticated hop; to anybody
// else they do not exist (404). Called on a worker's thread; what changes anything is passed to the control
// thread. Never throws for bad requests: the answer is an own_response with its status.
#pragma once

#include "litefs/health.hpp"
#include "litefs/hop.hpp"
#include "litefs/node_state.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>

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

// GET /litefs/health, /litefs/ready, /litefs/live, with `?role=`; 404 for any other path.
[[nodiscard]] own_response answer_probe(node const& n, node_state const& s, std::string_view target);

[[nodiscard]] health_verdict judge(node const& n, node_state const& s);
// What health and `litefs-proxy status` tell.
[[nodiscard]] boost::json::object status_facts(node const& n, node_state const& s, health_verdict const& v);
[[nodiscard]] own_response json_answer(int status, boost::json::object const& facts);
[[nodiscard]] own_response text_answer(int status, std::string body);

}  // namespace litefs::proxy
