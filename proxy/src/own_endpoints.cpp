#include "litefs/proxy/own_endpoints.hpp"

#include "litefs/proxy/node.hpp"
#include "litefs/proxy/version.hpp"
#include "litefs/proxy/view.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace litefs::proxy {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::string_view own_prefix = "/litefs/";
constexpr std::string_view peer_prefix = "/litefs/peer/";

std::string_view path_of(std::string_view target) noexcept { return target.substr(0, target.find('?')); }

own_response text(int status, std::string body) {
  return {
      .status = status, .content_type = "text/plain; charset=utf-8", .body = std::move(body), .allow = {}};
}

// Whether this node may answer reads now (the table of health, live and ready).
bool ready(node const& n, node_state const& s) {
  if (!n.ready || !n.target_up || n.draining || !s.mount_alive) return false;
  if (s.role != role::disconnected && s.role != role::unknown) return true;
  if (!n.config.stale_reads) return false;
  return s.stale_since && std::chrono::steady_clock::now() - *s.stale_since < n.config.stale_max;
}

bool healthy(node const& n, node_state const& s) {
  if (!ready(n, s) || s.role == role::disconnected || s.role == role::unknown) return false;
  return s.role != role::replica || s.lag <= n.config.max_lag;
}

own_response answer_health(node& n, view& v, std::string_view path) {
  if (path == "/litefs/health") return health(n, v);
  if (path == "/litefs/live") return text(200, "live\n");
  if (path == "/litefs/ready") return ready(n, v.state()) ? text(200, "ready\n") : text(503, "not ready\n");
  return text(404, "no such path\n");
}

}  // namespace

bool is_own_path(std::string_view target) noexcept { return target.starts_with(own_prefix); }

own_response health(node const& n, view const& v) {
  auto const& s = v.state();
  json::object positions;
  for (auto const& p : s.positions) positions[p.database] = to_string(p.position);
  json::object const facts{
      {"role", to_string(s.role)},
      {"primary", s.primary},
      {"lag_ms", s.lag.count()},
      {"mount", s.mount_alive ? "alive" : "dead"},
      {"positions", std::move(positions)},
      {"target", n.target_up ? "up" : "down"},
      {"ready", ready(n, s)},
      {"draining", n.draining.load()},
      {"version", version()},
  };
  own_response r;
  r.status = healthy(n, s) ? 200 : 503;
  r.body = json::serialize(facts) + "\n";
  return r;
}

asio::awaitable<own_response> answer_own(node& n, view& v, own_request request) {
  auto const path = path_of(request.target);
  if (path.starts_with(peer_prefix)) {
    if (!request.peer || !n.ask_control) co_return text(404, "no such path\n");
    co_return co_await n.ask_control(std::move(request));
  }
  if (request.method != "GET" && request.method != "HEAD") {
    auto r = text(405, "GET and HEAD only\n");
    r.allow = "GET, HEAD";
    co_return r;
  }
  co_return answer_health(n, v, path);
}

}  // namespace litefs::proxy
