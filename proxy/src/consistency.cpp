#include "litefs/proxy/consistency.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "litefs/proxy/log_limit.hpp"

namespace litefs::proxy {

namespace {

constexpr std::string_view replicated_field = "litefs-replicated";

demands as_demands(std::vector<database_position> const& positions) {
  demands d;
  for (auto const& p : positions) d.push_back({database_id(p.database), p.position});
  return d;
}

// The local positions of the databases that the client knows of.
demands local_positions(transaction const& t) {
  demands d;
  for (auto const& wanted : t.demanded)
    if (auto const* p = t.parts.local.state().find(wanted.database))
      d.push_back({wanted.database, p->position});
  return d;
}

void add(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

void add_position(std::string& out, transaction const& t, demands const& d,
                  accepted_response const& response) {
  auto const value = format_demands(d);
  add(out, "litefs-position", value);
  if (t.peer) return;
  add(out, "Set-Cookie", make_set_cookie(value, t.config().cookie, t.origin.secure()));
  if (!response.cache_unshared) add(out, "Cache-Control", "private");
}

// How old an answer of this node may be: since the news stopped, or as far as LiteFS lags.
std::int64_t stale_ms(node_state const& state) {
  auto const since = state.stale_since.value_or(clock::now());
  auto const silent = std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - since);
  return std::max<std::int64_t>(std::max(silent, state.lag).count(), 1);
}

// After a read: where the answering node was, if that is ahead of what the client has.
demands seen(transaction const& t, upstream_answer const& answer) {
  if (answer.ran_here) return local_positions(t);
  auto parsed = parse_demands(find_field(answer.head.fields, "litefs-position"));
  return parsed ? std::move(*parsed) : demands{};
}

// A client that is ahead of the primary has seen a history that was lost, unless this node has not heard of
// its own commit yet: the keeper knows.
awaitable<bool> beyond_the_primary(transaction const& t) {
  auto const& local = t.parts.local;
  auto read = co_await t.parts.shared.read_positions();
  if (!read || local.state().role != role::primary) co_return false;
  node_state now;
  now.positions = std::move(*read);
  co_return compare(t.demanded, now, local.history()).behind;
}

bool seems_beyond_the_primary(transaction const& t) {
  auto const& local = t.parts.local;
  return local.state().role == role::primary && t.parts.shared.read_positions &&
         compare(t.demanded, local.state(), local.history()).behind;
}

// The client's positions are of another history: found by this node's routing, by asking its keeper as
// the primary, or by the primary's proxy.
awaitable<bool> diverged(transaction const& t, upstream_answer const& answer) {
  if (t.route.mark_diverged) co_return true;
  if (t.demanded.empty() || answer.head.status >= 500) co_return false;
  if (!answer.ran_here) co_return find_field(answer.head.fields, "litefs-lineage") == "diverged";
  if (!seems_beyond_the_primary(t)) co_return false;
  co_return co_await beyond_the_primary(t);
}

void report_divergence(transaction const& t) {
  thread_local log_limit limit(std::chrono::seconds(10));
  t.parts.counts.diverged.add();
  auto const kept_back = limit.pass(clock::now());
  if (!kept_back) return;
  spdlog::warn(
      "a client has seen transactions that are lost ({} is not in the history of {}): it reads at the "
      "primary and gets "
      "a position that exists; {} more since the last such line",
      format_demands(t.demanded), t.parts.local.state().primary, *kept_back);
}

void add_read_lines(std::string& out, transaction const& t, upstream_answer const& answer, bool replace) {
  auto const now_at = seen(t, answer);
  if (now_at.empty() || answer.accepted.cache_shared) return;
  if (t.peer) {
    add(out, "litefs-position", format_demands(now_at));
  } else if (replace) {
    add_position(out, t, now_at, answer.accepted);
  } else if (auto const merged = merge(t.demanded, now_at); merged != t.demanded) {
    add_position(out, t, merged, answer.accepted);
  }
}

// Nothing where a write was acknowledged as it always is.
std::string_view replicated(upstream_answer const& answer) {
  auto const told = answer.ran_here ? acknowledgements[static_cast<std::size_t>(answer.ack)]
                                    : find_field(answer.head.fields, replicated_field);
  return told == "all" || told == "any" || told == "no" ? told : std::string_view{};
}

}  // namespace

bool may_have_written(transaction const& t, upstream_answer const& answer) {
  if (!answer.accepted.committed.empty()) return true;
  auto const status = answer.head.status;
  return !t.accepted.safe && status >= 200 && status < 400 && answer.ran_here &&
         t.parts.local.state().role == role::primary;
}

awaitable<std::vector<database_position>> written(transaction const& t, upstream_answer const& answer) {
  if (!answer.accepted.committed.empty()) {
    if (answer.accepted.committed == "none") co_return std::vector<database_position>{};
    auto parsed = parse_committed(answer.accepted.committed);
    if (parsed) co_return std::move(*parsed);
  }
  if (may_have_written(t, answer) && t.parts.shared.read_positions) {
    auto read = co_await t.parts.shared.read_positions();
    if (read) co_return std::move(*read);
  }
  co_return std::vector<database_position>{};
}

awaitable<std::string> consistency_lines(transaction const& t, upstream_answer const& answer) {
  std::string out;
  if (!t.clustered() || t.route.reason == reason::passthrough || t.facts.own_endpoint) co_return out;
  if (t.route.mark_stale) {
    add(out, "litefs-stale", std::to_string(stale_ms(t.parts.local.state())));
    t.parts.counts.stale.add();
  }
  if (auto const told = replicated(answer); !told.empty()) add(out, replicated_field, told);
  bool const replace = co_await diverged(t, answer);
  if (replace) {
    add(out, "litefs-lineage", "diverged");
    report_divergence(t);
  }
  if (may_have_written(t, answer)) {
    auto positions = answer.written.value_or(std::vector<database_position>());
    if (!answer.written) positions = co_await written(t, answer);
    if (t.peer) add(out, "litefs-committed", positions.empty() ? "none" : format_committed(positions));
    if (!positions.empty()) {
      auto base = replace ? seen(t, answer) : t.demanded;
      add_position(out, t, merge(std::move(base), as_demands(positions)), answer.accepted);
      co_return out;
    }
  }
  if (!t.demanded.empty() && answer.head.status < 500) add_read_lines(out, t, answer, replace);
  co_return out;
}

}  // namespace litefs::proxy
