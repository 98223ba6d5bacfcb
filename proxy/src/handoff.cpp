#include "litefs/proxy/handoff.hpp"

#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/json.hpp>

#include "litefs/proxy/http_call.hpp"
#include "litefs/proxy/must_live.hpp"
#include "litefs/proxy/peer_call.hpp"

namespace litefs::proxy {

namespace asio = boost::asio;
namespace json = boost::json;
using clock = std::chrono::steady_clock;

namespace {

constexpr std::string_view handoff_path = "/litefs/peer/handoff";
constexpr std::string_view release_path = "/litefs/peer/release";
constexpr milliseconds answer_slack{
    1'500};                            // on top of handoff-drain, once for the app and once for the lock
constexpr milliseconds drain_look{2};  // how often running writes are looked at
constexpr call_limits release_limits{.connect = milliseconds{500}, .total = milliseconds{3'000}};
constexpr call_limits promote_limits{.connect = milliseconds{250}, .total = milliseconds{1'500}};
constexpr std::size_t ticket_bytes = 8;
constexpr milliseconds settle_max{250};

// The target is done, or has given up, while the primary still holds.
static_assert(handoff::catch_up_max + promote_limits.connect + promote_limits.total <
              handoff::hold_max - milliseconds{1'000});

own_response refuse(int status, std::string_view why) {
  own_response r;
  r.status = status;
  r.body = json::serialize(json::object{{"error", why}}) + "\n";
  return r;
}

// How long what runs on the primary only may take to end, on this node and, as configured alike, on its
// peers.
milliseconds work_end_max(proxy_config const& config) {
  milliseconds longest{0};
  for (auto const& p : config.exec) {
    if (p.run_on == run_on::primary && !p.each_start)
      longest = std::max(longest, p.stop_timeout + milliseconds{500});
  }
  return longest;
}

milliseconds since(time_point begun) {
  return std::chrono::duration_cast<milliseconds>(clock::now() - begun);
}

// The reason in a peer's refusal, or its status.
std::string reason_in(call_response const& answer) {
  boost::system::error_code failed;
  auto const value = json::parse(answer.body(), failed);
  if (!failed && value.is_object()) {
    auto const* const error = value.get_object().if_contains("error");
    if (error != nullptr && error->is_string()) return std::string(error->get_string());
  }
  return "status " + std::to_string(answer.result_int()) + " " + std::string(answer["litefs-not-executed"]);
}

result<demands> positions_in(call_response const& answer) {
  boost::system::error_code failed;
  auto const value = json::parse(answer.body(), failed);
  auto const* const object = failed ? nullptr : value.if_object();
  auto const* const positions = object == nullptr ? nullptr : object->if_contains("positions");
  if (positions == nullptr || !positions->is_object()) return errc::bad_position;
  demands wanted;
  for (auto const& [name, text] : positions->get_object()) {
    auto const pos =
        text.is_string() ? parse_position(text.get_string()) : result<position>(errc::bad_position);
    if (!pos) return pos.error();
    wanted.push_back({database_id(name), *pos});
  }
  return wanted;
}

}  // namespace

handoff::handoff(asio::io_context& context, condition& changed, node& shared, view& own,
                 worker_group& workers, keeper_link& keeper, watcher const& watched, replica_links& replicas)
    : context_(context),
      changed_(changed),
      node_(shared),
      own_(own),
      workers_(workers),
      keeper_(keeper),
      watched_(watched),
      replicas_(replicas) {}

asio::awaitable<own_response> handoff::answer(own_request request) {
  if (request.method != "POST") co_return refuse(405, "POST only");
  if (request.target == release_path) {
    // Nobody ends a hold that was given to somebody else: writes let in under a promotion would be lost.
    if (request.body == given_to_) released_ = true;
    changed_.notify();
    co_return own_response{.body = "{}\n", .allow = {}};
  }
  if (request.target != handoff_path) co_return refuse(404, "no such path");
  co_return co_await give(std::move(request.body));
}

asio::awaitable<own_response> handoff::give(std::string ticket) {
  if (watched_.state().role != role::primary) co_return refuse_to_give("this node is not the primary");
  if (giving_) co_return refuse_to_give("another handoff is under way");
  if (node_.draining && ticket != invited_) co_return refuse_to_give("this node is stopping");
  if (!node_.ready && !node_.draining)
    co_return refuse_to_give("this node is starting: its steps come first");
  giving_ = true;
  given_to_ = std::move(ticket);
  released_ = false;
  changed_.notify();
  condition::predicate idle = [this] { return !work_running || !work_running(); };
  co_await changed_.wait(clock::now() + work_end_max(node_.config), idle);
  held_since_ = clock::now();
  auto const final_positions = co_await lock_out_writers();
  // Positions read under a lock that came after the role was gone are not the last ones of this primary.
  bool const still_ours = watched_.state().role == role::primary;
  if (!final_positions || !still_ours) {
    auto const why = still_ours ? why_not(final_positions) : "this node stopped being the primary meanwhile";
    co_await keeper_.unlock();
    let_go();
    spdlog::warn("handoff refused: {}", why);
    co_return refuse_to_give(why);
  }
  asio::co_spawn(context_, keep_hold(), must_live);
  json::object positions;
  for (auto const& p : *final_positions) positions[p.database] = litefs::to_string(p.position);
  own_response r;
  r.body = json::serialize(json::object{{"positions", std::move(positions)}}) + "\n";
  co_return r;
}

asio::awaitable<std::optional<std::string>> handoff::drain() {
  if (watched_.state().role != role::primary) co_return "this node is not the primary";
  if (giving_) co_return "a handoff is under way";
  giving_ = true;
  auto const done = co_await lock_out_writers();
  co_await keeper_.unlock();
  workers_.post_hold(false);
  giving_ = false;
  co_return done ? std::nullopt : std::optional(why_not(done));
}

// The requests that write first, then whoever else does. The lock is the caller's to give back.
asio::awaitable<keeper_link::positions_result> handoff::lock_out_writers() {
  auto const begun = clock::now();
  workers_.post_hold(true);
  bool const ended = co_await writes_ended();
  if (!ended) co_return boost::system::error_code(asio::error::in_progress);
  auto const writes = since(begun);
  auto const positions = co_await keeper_.lock(node_.config.handoff_drain);
  spdlog::info("handoff: running writes ended after {} ms, others were locked out after {} ms",
               writes.count(), since(begun).count());
  co_return positions;
}

std::string handoff::why_not(keeper_link::positions_result const& lock) const {
  return lock.error() == asio::error::in_progress ? "writes are still running after handoff-drain"
                                                  : keeper_.lock_refusal();
}

own_response handoff::refuse_to_give(std::string_view why) {
  node_.handoffs.refused.add();
  return refuse(409, why);
}

void handoff::let_go() {
  workers_.post_hold(false);
  node_.handoffs.held.observe(std::chrono::duration_cast<histogram::duration>(clock::now() - held_since_));
  giving_ = false;
  changed_.notify();
}

// The app finishes the writes it has: one that came to the lock only after the role was gone would fail.
asio::awaitable<bool> handoff::writes_ended() {
  auto const deadline = clock::now() + node_.config.handoff_drain;
  condition::predicate over = [this] { return workers_.writes_ended(); };
  bool ended = over();
  while (!ended && clock::now() < deadline) {
    ended = co_await changed_.wait(clock::now() + drain_look, over);
  }
  co_return ended;
}

// Holds until the role is gone or nobody wants it any more; the lock is given back either way.
asio::awaitable<void> handoff::keep_hold() {
  condition::predicate over = [this] { return released_ || watched_.state().role != role::primary; };
  bool const ended = co_await changed_.wait(clock::now() + hold_max, over);
  (watched_.state().role == role::primary ? node_.handoffs.abandoned : node_.handoffs.given).add();
  if (!ended) spdlog::warn("handoff: nobody took over within {} ms", hold_max.count());
  // Unlock first: a write let in before would run into our own lock.
  co_await keeper_.unlock();
  let_go();
  changed_.notify();
}

// Who may take over, the most caught-up first.
std::vector<std::string> handoff::candidates() const {
  std::vector<std::pair<std::uint64_t, std::string>> able;
  for (auto const& [name, p] : replicas_.peers()) {
    if (!p.report || p.report->role != role::replica || !p.report->candidate || p.report->leaving) continue;
    able.emplace_back(transactions_behind(*p.report, watched_.state().positions), name);
  }
  std::ranges::sort(able);
  std::vector<std::string> names;
  for (auto& [behind, name] : able) names.push_back(std::move(name));
  return names;
}

asio::awaitable<bool> handoff::give_away(time_point deadline) {
  condition::predicate gone = [this] { return watched_.state().role != role::primary; };
  for (auto const& name : candidates()) {
    if (gone() || clock::now() >= deadline) break;
    invited_ = random_hex(ticket_bytes);
    if (!replicas_.say(name, take_request{invited_})) continue;
    spdlog::info("handoff: {} is asked to take over", name);
    condition::predicate over = [this, &gone, &name] { return gone() || replicas_.refusal(name, invited_); };
    co_await changed_.wait(deadline, over);
    // The link of a node that became primary ends, perhaps a moment before we hear of its new role.
    if (co_await changed_.wait(std::min(deadline, clock::now() + settle_max), gone)) break;
    auto const why = replicas_.refusal(name, invited_);
    spdlog::warn("handoff: {} did not take over: {}", name, why.value_or("not in time"));
  }
  invited_.clear();
  co_return gone();
}

asio::awaitable<handoff::outcome> handoff::promote(std::string ticket) {
  auto const& s = watched_.state();
  if (s.role == role::primary) co_return refusal{"this node is the primary already"};
  if (s.role != role::replica) co_return refusal{"this node is not connected to a primary"};
  if (!s.mount_alive) co_return refusal{"the mount of this node is not alive"};
  if (promoting_) co_return refusal{"a promotion is under way"};
  if (node_.draining) co_return refusal{"this node is stopping"};
  promoting_ = true;
  auto const started = clock::now();
  auto const primary = s.primary;
  if (ticket.empty()) ticket = random_hex(ticket_bytes);
  auto const why = co_await take(primary, ticket);
  if (why) {
    auto const released =
        co_await ask_peer(node_, primary, std::string(release_path), std::move(ticket), release_limits);
    if (!released) spdlog::warn("handoff: {} does not answer, its hold ends by itself", primary);
  }
  promoting_ = false;
  (why ? node_.handoffs.failed : node_.handoffs.taken).add();
  if (why) co_return refusal{*why};
  auto const held = since(started);
  spdlog::info("took over from {}: writes were held for {} ms", primary, held.count());
  co_return held;
}

asio::awaitable<std::optional<std::string>> handoff::take(std::string primary, std::string ticket) {
  call_limits const limits{
      .connect = node_.config.timeouts.primary_connect,
      .total = 2 * node_.config.handoff_drain + answer_slack + work_end_max(node_.config)};
  auto const begun = clock::now();
  auto const held = co_await ask_peer(node_, primary, std::string(handoff_path), std::move(ticket), limits);
  if (!held) co_return "the proxy of " + primary + " does not answer: " + held.error().message();
  if (held->result_int() != 200) co_return primary + " refused: " + reason_in(*held);
  auto const holds = since(begun);
  auto const wanted = positions_in(*held);
  if (!wanted) co_return primary + " gave no positions";
  // Without a position of its own there is nothing to compare: it may lack all of that database.
  for (auto const& w : *wanted) {
    if (own_.state().find(w.database) == nullptr) co_return "this node lacks a database of " + primary;
  }
  if (!co_await own_.wait_position(*wanted, clock::now() + catch_up_max)) {
    co_return "this node did not catch up within " + std::to_string(catch_up_max.count()) + " ms";
  }
  spdlog::info("handoff: {} holds its writes after {} ms, this node has caught up after {} ms", primary,
               holds.count(), since(begun).count());
  auto const& s = watched_.state();
  if (s.role != role::replica || s.primary != primary) co_return "the primary changed meanwhile";
  co_return co_await promote_litefs();
}

asio::awaitable<std::optional<std::string>> handoff::promote_litefs() {
  auto const answer =
      co_await call(node_.config.litefs->api, make_request("POST", "/promote"), promote_limits);
  if (!answer) co_return "LiteFS does not answer: " + answer.error().message();
  if (answer->result_int() == 409) co_return "this node is not a candidate (lease.candidate)";
  if (answer->result_int() != 200) co_return "LiteFS refused: " + answer->body();
  condition::predicate primary = [this] { return watched_.state().role == role::primary; };
  if (co_await changed_.wait(clock::now() + promote_max, primary)) co_return std::nullopt;
  co_return "LiteFS did not become primary within " + std::to_string(promote_max.count()) + " ms";
}

}  // namespace litefs::proxy
