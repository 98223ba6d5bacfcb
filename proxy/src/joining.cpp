#include "litefs/proxy/joining.hpp"

#include <utility>

#include <spdlog/spdlog.h>
#include <boost/json.hpp>

#include "litefs/proxy/own_endpoints.hpp"
#include "litefs/proxy/peer_call.hpp"

namespace litefs::proxy {

namespace asio = boost::asio;
namespace json = boost::json;
using clock = std::chrono::steady_clock;

namespace {

constexpr milliseconds look_interval{100};
constexpr milliseconds ask_interval{500};
constexpr call_limits ask_limits{.connect = milliseconds{500}, .total = milliseconds{1'000}};

}  // namespace

own_response answer_standing(heard_node const& own) {
  return json_answer(200, {{"generation", own.standing.generation},
                           {"transactions", own.standing.transactions},
                           {"primary", own.primary}});
}

std::optional<heard_node> parse_standing(std::string_view text) {
  boost::system::error_code failed;
  auto const value = json::parse({text.data(), text.size()}, failed);
  auto const* const o = failed ? nullptr : value.if_object();
  if (o == nullptr) return std::nullopt;
  auto const* const generation = o->if_contains("generation");
  auto const* const transactions = o->if_contains("transactions");
  auto const* const primary = o->if_contains("primary");
  if (generation == nullptr || transactions == nullptr || primary == nullptr) return std::nullopt;
  auto const known = generation->to_number<std::uint64_t>(failed);
  if (failed) return std::nullopt;
  auto const held = transactions->to_number<std::uint64_t>(failed);
  if (failed || !primary->is_bool()) return std::nullopt;
  return heard_node{.standing = {known, held}, .primary = primary->get_bool()};
}

asio::awaitable<std::optional<heard_node>> ask_standing(node& shared, std::string hostname) {
  auto const answer =
      co_await ask_peer(shared, std::move(hostname), std::string(standing_path), "{}", ask_limits);
  if (!answer || answer->result_int() != 200) co_return std::nullopt;
  co_return parse_standing(answer->body());
}

asio::awaitable<void> joining::run() {
  auto const started = clock::now();
  bool ready = false;
  while (!stopped_ && !ready) {
    bool const alone = hooks_.state().role != role::replica && hooks_.positions_known();
    if (forced_)
      ready = true;
    else if (alone)
      ready = co_await may_lead(started);
    else
      ready = hooks_.state().role == role::replica && members_.holds_primary();
    condition::predicate told = [this] { return stopped_ || forced_; };
    if (!ready) co_await changed_.wait(clock::now() + (alone ? ask_interval : look_interval), told);
  }
  if (stopped_) co_return;
  candidate_ = true;
  co_await hooks_.become_candidate();
  changed_.notify();
}

void joining::stop() {
  stopped_ = true;
  changed_.notify();
}

bool joining::force() {
  if (candidate_) return false;
  spdlog::warn("this node becomes primary by force: what it does not hold is lost");
  forced_ = true;
  changed_.notify();
  return true;
}

asio::awaitable<bool> joining::may_lead(time_point started) {
  auto const& options = *node_.config.litefs;
  auto heard = co_await ask_all();
  // A primary may have appeared meanwhile.
  if (hooks_.state().role == role::replica || !hooks_.positions_known()) co_return false;
  start_facts const facts{.hostname = options.hostname,
                          .transactions = transactions_in(hooks_.state().positions),
                          .memory = members_.memory(),
                          .heard = std::move(heard),
                          .waited = clock::now() - started >= options.cold_start_wait,
                          .allow_behind = options.allow_behind};
  auto const judged = judge_start(facts);
  if (judged.verdict == start_verdict::refuse) complain(judged.why);
  if (judged.verdict != start_verdict::lead) co_return false;
  spdlog::info("cold start: this node goes first, at generation {} with {} transactions",
               facts.memory.generation, facts.transactions);
  co_return true;
}

asio::awaitable<std::map<std::string, heard_node>> joining::ask_all() {
  std::map<std::string, heard_node> heard;
  auto const names = members_.memory().candidates;
  for (auto const& name : names) {
    auto const answer = co_await hooks_.ask(name);
    if (answer) heard.emplace(name, *answer);
  }
  co_return heard;
}

void joining::complain(std::string const& why) {
  if (std::exchange(refused_, true)) return;
  spdlog::critical(
      "no primary, and this node must not become it: {}. It serves reads only. If nobody else comes, "
      "'litefs_primary --promote --force' makes it the primary: what only others hold is lost then",
      why);
  changed_.notify();
}

}  // namespace litefs::proxy
