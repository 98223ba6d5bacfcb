#include "litefs/proxy/cluster_requests.hpp"

#include <utility>

#include <spdlog/spdlog.h>
#include <boost/json.hpp>

#include "litefs/proxy/version.hpp"

namespace litefs::proxy {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::string_view peer_prefix = "/litefs/peer/";
constexpr call_limits view_limits{.connect = milliseconds{500}, .total = milliseconds{2'000}};
// Draining takes up to twice handoff-drain, a promotion catching up and LiteFS's own change as well.
constexpr call_limits change_limits{.connect = milliseconds{500}, .total = milliseconds{20'000}};

std::string_view name_of(std::string_view target) noexcept {
  target.remove_prefix(target.starts_with(peer_prefix) ? peer_prefix.size() : 1);
  return target;
}

own_response refusal(int status, std::string_view why) { return json_answer(status, {{"error", why}}); }

json::object load_json(node_load const& load) {
  return {{"held", load.held},
          {"waiting", load.waiting},
          {"acknowledging", load.acknowledging},
          {"requests_per_s", load.requests_per_s}};
}

json::object node_json(std::string_view hostname, node_report const& r, std::uint64_t behind) {
  json::object positions;
  for (auto const& p : r.positions) positions[p.database] = to_string(p.position);
  json::array reasons;
  for (auto const& why : r.reasons) reasons.emplace_back(why);
  return {{"hostname", hostname},
          {"linked", true},
          {"role", to_string(r.role)},
          {"primary", r.primary},
          {"version", r.version},
          {"candidate", r.candidate},
          {"ready", r.ready},
          {"leaving", r.leaving},
          {"healthy", r.reasons.empty()},
          {"reasons", std::move(reasons)},
          {"lag_ms", r.lag.count()},
          {"behind", behind},
          {"litefs_silent_ms", r.probe_age.count()},
          {"load", load_json(r.load)},
          {"lineage_breaks", r.lineage_breaks},
          {"positions", std::move(positions)}};
}

std::string why_refused(call_response const& answer) {
  auto const reason = answer["litefs-not-executed"];
  return reason.empty() ? "status " + std::to_string(answer.result_int())
                        : std::string(reason.substr(0, reason.find(';')));
}

// Not in the coroutine itself, where g++ 12 warns of an overflow that is none.
own_response passed_on(call_response const& answer) {
  return {.status = static_cast<int>(answer.result_int()), .body = answer.body(), .allow = {}};
}

// A text or number of a JSON object in a request's body.
json::value value_in(std::string const& body, std::string_view key) {
  boost::system::error_code failed;
  auto const parsed = json::parse(body, failed);
  auto const* const object = failed ? nullptr : parsed.if_object();
  auto const* const value = object == nullptr ? nullptr : object->if_contains(key);
  return value == nullptr ? json::value() : *value;
}

}  // namespace

cluster_requests::cluster_requests(node& shared, view const& own, cluster_node* cluster,
                                   maintenance& freezing, recorder const& happened)
    : node_(shared), own_(own), cluster_(cluster), maintenance_(freezing), happened_(happened) {}

bool cluster_requests::knows(std::string_view target) noexcept {
  auto const name = name_of(target);
  return name == "cluster" || name == "maintenance" || name == "promote" || name == "forget";
}

asio::awaitable<own_response> cluster_requests::answer(own_request request) {
  bool const shell = !request.peer;
  auto const name = name_of(request.target);
  bool const reads = shell && name == "cluster";
  if (request.method != (reads ? "GET" : "POST")) co_return refusal(405, reads ? "GET only" : "POST only");
  if (name == "cluster") {
    auto const facts = co_await all_nodes(shell);
    co_return json_answer(200, facts);
  }
  if (name == "forget") co_return shell ? forget(request) : refusal(404, "no such path");
  if (name == "maintenance") co_return co_await freeze_writes(std::move(request));
  co_return co_await promote(std::move(request));
}

node_state const& cluster_requests::state() const noexcept {
  return cluster_ ? cluster_->state() : own_.state();
}

json::object cluster_requests::seen_from_here() const {
  json::array nodes;
  if (cluster_) {
    auto const own = cluster_->own_report();
    nodes.push_back(node_json(node_.hostname(), own, 0));
    auto const now = std::chrono::steady_clock::now();
    for (auto const& [name, p] : cluster_->replicas().peers()) {
      if (!p.report) continue;
      auto facts = node_json(name, *p.report, transactions_behind(*p.report, own.positions));
      if (auto const delay = cluster_->delays().of(name, now)) facts["delay_ms"] = delay->count();
      nodes.push_back(std::move(facts));
    }
    for (auto const& [name, lost] : cluster_->replicas().lost()) {
      auto facts = node_json(name, lost.report, transactions_behind(lost.report, own.positions));
      facts["linked"] = false;
      facts["healthy"] = false;
      facts["reasons"] = json::array{lost.report.leaving ? "stopped" : "silent"};
      facts["silent_ms"] = std::chrono::duration_cast<milliseconds>(now - lost.since).count();
      nodes.push_back(std::move(facts));
    }
  } else {
    auto facts = status_facts(node_, own_.state(), judge(node_, own_.state()));
    facts["hostname"] = "";
    facts["linked"] = true;
    facts["load"] = load_json(happened_.load());
    nodes.push_back(std::move(facts));
  }
  json::array events;
  for (auto const& one : happened_.all().all())
    events.push_back({{"at_ms", one.at_ms}, {"node", one.node}, {"kind", one.kind}, {"what", one.what}});
  auto const frozen = maintenance_.now();
  return {{"seen_by", node_.hostname()},
          {"role", to_string(state().role)},
          {"maintenance_left_ms", frozen.left.count()},
          {"nodes", std::move(nodes)},
          {"events", std::move(events)}};
}

asio::awaitable<json::object> cluster_requests::all_nodes(bool pass_on) {
  auto const primary = state().primary;
  if (!pass_on || state().writable() || primary.empty()) co_return seen_from_here();
  auto told = co_await ask_peer(node_, primary, std::string(peer_prefix) + "cluster", "", view_limits);
  if (told && told->result_int() == 200) {
    boost::system::error_code failed;
    auto facts = json::parse(told->body(), failed);
    if (!failed && facts.is_object()) co_return std::move(facts.get_object());
  }
  auto facts = seen_from_here();
  facts["error"] = "the litefs-proxy of the primary " + primary +
                   " does not answer: " + (told ? why_refused(*told) : told.error().message());
  co_return facts;
}

asio::awaitable<own_response> cluster_requests::freeze_writes(own_request request) {
  auto const wanted = value_in(request.body, "for_ms");
  if (!wanted.is_int64() || wanted.get_int64() < 0)
    co_return refusal(400, "for_ms must be a number of milliseconds, 0 to end it");
  if (!state().writable()) {
    auto const primary = state().primary;
    if (request.peer || primary.empty()) co_return refusal(409, "this node knows no primary");
    co_return co_await pass(primary, "maintenance", std::move(request.body), change_limits);
  }
  auto const before = maintenance_.now().left;
  maintenance_.set(milliseconds(wanted.get_int64()));
  json::object facts{{"primary", state().primary},
                     {"left_ms", maintenance_.now().left.count()},
                     {"before_ms", before.count()}};
  if (cluster_ && wanted.get_int64() > 0) {
    co_await cluster_->freeze_processes();
    auto const why = co_await cluster_->handing_over().drain();
    facts["drained"] = !why;
    if (why) facts["running"] = *why;
  }
  co_return json_answer(200, facts);
}

asio::awaitable<own_response> cluster_requests::promote(own_request request) {
  if (!cluster_) co_return refusal(409, "this node runs without LiteFS");
  if (!request.peer && value_in(request.body, "force") == true) co_return force_promotion();
  auto const named = value_in(request.body, "node");
  std::string const node(named.is_string() ? std::string_view(named.get_string()) : std::string_view());
  if (!request.peer && !node.empty() && node != node_.hostname())
    co_return co_await pass(node, "promote", "", change_limits);
  auto const done = co_await cluster_->handing_over().promote();
  if (auto const* const refused = std::get_if<handoff::refusal>(&done)) co_return refusal(409, refused->why);
  co_return json_answer(200,
                        {{"hold_ms", std::get<milliseconds>(done).count()}, {"primary", node_.hostname()}});
}

// Only where a node waits at its start because others may hold more.
own_response cluster_requests::force_promotion() {
  auto* const joining = cluster_->joining();
  if (joining != nullptr && joining->force())
    return json_answer(200, {{"hold_ms", 0}, {"primary", node_.hostname()}});
  return refusal(409, "force is for a node that serves reads only after a start, and this one does not");
}

// A machine that will never come back; as long as it is listed, it may.
own_response cluster_requests::forget(own_request const& request) {
  if (!cluster_ || state().role != role::primary) return refusal(409, "this node is not the primary");
  if (!cluster_->confirmed().forget(request.body)) return refusal(404, "no candidate of that name is away");
  spdlog::warn("candidate {} is forgotten: writes do not wait for it any more", request.body);
  return json_answer(200, json::object{});
}

asio::awaitable<own_response> cluster_requests::pass(std::string to, std::string path, std::string body,
                                                     call_limits limits) {
  auto told = co_await ask_peer(node_, to, std::string(peer_prefix) + path, std::move(body), limits);
  if (!told)
    co_return refusal(502, "the litefs-proxy of " + to + " does not answer: " + told.error().message());
  if (told->result_int() == 404) co_return refusal(502, to + " is too old for that: upgrade it");
  if (!(*told)["litefs-not-executed"].empty()) co_return refusal(503, to + " refused: " + why_refused(*told));
  co_return passed_on(*told);
}

}  // namespace litefs::proxy
