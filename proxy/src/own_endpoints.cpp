#include "litefs/proxy/own_endpoints.hpp"

#include "litefs/proxy/node.hpp"
#include "litefs/proxy/version.hpp"
#include "litefs/proxy/view.hpp"

#include <boost/json.hpp>

#include <chrono>
#include <utility>

namespace litefs::proxy {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::string_view own_prefix = "/litefs/";
constexpr std::string_view peer_prefix = "/litefs/peer/";

std::string_view path_of(std::string_view target) noexcept { return target.substr(0, target.find('?')); }

std::string_view query_of(std::string_view target) noexcept {
  auto const mark = target.find('?');
  return mark == std::string_view::npos ? std::string_view{} : target.substr(mark + 1);
}

}  // namespace

bool is_own_path(std::string_view target) noexcept { return target.starts_with(own_prefix); }

own_response text_answer(int status, std::string body) {
  return {
      .status = status, .content_type = "text/plain; charset=utf-8", .body = std::move(body), .allow = {}};
}

own_response json_answer(int status, json::object const& facts) {
  own_response r;
  r.status = status;
  r.body = json::serialize(facts) + "\n";
  return r;
}

health_verdict judge(node const& n, node_state const& s) {
  health_facts const facts{.started = n.ready,
                           .target_up = n.target_up,
                           .draining = n.draining,
                           .given_up = n.given_up,
                           .repairs_mount = n.config.litefs && !n.config.litefs->cmd.empty()};
  auto const live = n.live();
  auto const& c = live->config;
  policy const rules{.stale_reads = c.stale_reads, .stale_max = c.stale_max, .max_lag = c.max_lag};
  return judge_health(s, facts, rules, std::chrono::steady_clock::now());
}

json::object status_facts(node const& n, node_state const& s, health_verdict const& v) {
  json::object positions;
  for (auto const& p : s.positions) positions[p.database] = to_string(p.position);
  json::array reasons;
  for (auto const& why : v.reasons) reasons.emplace_back(why);
  return {
      {"role", to_string(s.role)},
      {"primary", s.primary},
      {"lag_ms", s.lag.count()},
      {"mount", s.mount_alive ? "alive" : "dead"},
      {"positions", std::move(positions)},
      {"target", n.target_up ? "up" : "down"},
      {"live", v.live},
      {"ready", v.ready},
      {"healthy", v.healthy},
      {"reasons", std::move(reasons)},
      {"draining", n.draining.load()},
      {"version", version()},
  };
}

own_response answer_probe(node const& n, node_state const& s, std::string_view target) {
  auto const path = path_of(target);
  auto v = judge(n, s);
  bool good = false;
  if (path == "/litefs/health")
    good = v.healthy;
  else if (path == "/litefs/ready")
    good = v.ready;
  else if (path == "/litefs/live")
    return json_answer(v.live ? 200 : 503, status_facts(n, s, v));
  else
    return text_answer(404, "no such path\n");
  auto const wanted = parse_role_filter(query_of(target));
  if (!wanted) return text_answer(400, "role is primary or replica\n");
  if (!matches(*wanted, s.role)) {
    v.reasons.emplace_back("other-role");
    good = false;
  }
  return json_answer(good ? 200 : 503, status_facts(n, s, v));
}

asio::awaitable<own_response> answer_own(node& n, view& v, own_request request) {
  if (path_of(request.target).starts_with(peer_prefix)) {
    if (!request.peer || !n.ask_control) co_return text_answer(404, "no such path\n");
    co_return co_await n.ask_control(std::move(request));
  }
  if (request.method != "GET" && request.method != "HEAD") {
    auto r = text_answer(405, "GET and HEAD only\n");
    r.allow = "GET, HEAD";
    co_return r;
  }
  co_return answer_probe(n, v.state(), request.target);
}

}  // namespace litefs::proxy
