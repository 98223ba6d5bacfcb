#include <algorithm>
#include <limits>
#include <optional>

#include "litefs/proxy/acknowledge.hpp"
#include "litefs/proxy/answer.hpp"
#include "litefs/proxy/peer_endpoint.hpp"
#include "litefs/proxy/relay.hpp"
#include "litefs/proxy/request_path.hpp"
#include "litefs/proxy/request_writer.hpp"
#include "litefs/proxy/stopwatch.hpp"
#include "litefs/proxy/tunnel.hpp"
#include "litefs/proxy/withhold.hpp"

namespace litefs::proxy {

namespace {

constexpr std::chrono::milliseconds pause_max{1000};
constexpr std::chrono::milliseconds unsafe_idle_max{500};  // an older idle connection may be closing
constexpr int signed_anew_max = 3;
constexpr std::string_view replay_always = "primary";  // a write was refused: the route is one that writes
constexpr std::string_view replay_once = "once";       // only this time: the mount was lost under a read
constexpr std::string_view event_stream = "text/event-stream";
constexpr auto writes_unbounded = std::numeric_limits<std::size_t>::max();  // the target's gate bounds them

// A tunnel or an event stream stays open for hours, and an app that offers one serves many at once: it would
// only take the places of requests.
bool stays_open(upstream_answer const& answer) noexcept {
  auto const type = find_field(answer.accepted.forward, "Content-Type");
  return answer.head.status == 101 || iequals(type.substr(0, event_stream.size()), event_stream);
}

}  // namespace

awaitable<request_path::next> request_path::to_target() {
  auto& shared = t_.parts.shared;
  if (!shared.target_up.load(std::memory_order_relaxed)) co_return co_await hold("target-down");
  bool const late = t_.config().ack_fail && asks_for_replication(t_) && !shared.replicable;
  if (late && (!t_.facts.safe || t_.second_run())) co_return co_await hold("candidate-away");
  bool waited = t_.small_body_due();
  if (waited && !co_await client_ready()) co_return next::done;
  auto& gate = t_.parts.all.gate;
  auto permit = gate.try_acquire();
  if (!permit) {
    waited = true;
    auto queued = co_await gate.acquire(t_.parts.context, t_.config().timeouts.target_queue, t_.times.queued);
    if (queued.has_error()) {
      co_await refuse(t_, "target-busy", left());
      co_return next::done;
    }
    permit = std::move(*queued);
  }
  std::optional<place> running;  // a handoff waits for its end; counted first, so that none slips through
  if (!t_.facts.safe || t_.second_run()) running.emplace(t_.parts.all.writes_running, writes_unbounded);
  bool const write = running.has_value();
  auto const epoch = shared.lease.epoch();
  // A hold may have begun meanwhile.
  if ((write || waited) && choose().action != action::local) co_return next::again;
  auto const& to = shared.config.targets[permit.target()];
  auto const head = target_request_head(t_);
  sending const how{.answer_max = t_.config().timeouts.response};
  attempt a;
  co_await send_to(a, to, t_.config().timeouts.connect, head, how);
  bool const answered = a.end == attempt_end::response;
  if (!answered || !shared.lease.holds()) running.reset();  // no handoff waits for Consul
  if (a.end == attempt_end::not_sent) {
    permit.refused();
    permit = {};  // who waits for the target takes no place at it
    if (++targets_tried_ % t_.parts.all.gate.targets() != 0) {
      t_.parts.counts.retried(retry_cause::not_sent);
      co_return next::again;
    }
    co_return co_await pause("target-down", retry_cause::not_sent);
  }
  t_.ran_by = "local";
  a.answer.ran_here = true;
  bool const done = write && answered && a.answer.head.status < 400;
  bool const certain = !done || co_await lease_kept(t_, epoch);
  if (!answered) co_return co_await failed(a);
  if (!certain) {
    a.connection->io.close();
    t_.parts.counts.unknown_outcomes.add();
    co_await answer_plain(t_, 504,
                          "this node lost the lease meanwhile; whether the write is kept is unknown");
    co_return next::done;
  }
  if (wants_replay(a)) {
    // Nothing was written and nothing was sent: the same request runs again where writes work.
    t_.parts.counts.replays.add();
    if (a.answer.accepted.replay == replay_always)
      t_.parts.all.routes.remember(t_.head.method, t_.path, t_.parts.ticks.now());
    t_.facts.replay = true;
    co_return next::again;
  }
  if (may_have_written(t_, a.answer) && !co_await acknowledge(t_, a, permit)) {
    a.connection->io.close();
    co_return next::done;
  }
  running.reset();
  if (stays_open(a.answer)) permit = {};
  co_return co_await finish(a, to);
}

awaitable<request_path::next> request_path::to_primary() {
  auto& shared = t_.parts.shared;
  auto const in_time = fresh_until_ - clock::now();
  if (may_be_stale() && in_time <= std::chrono::milliseconds(0)) co_return read_here();
  auto const primary = t_.parts.local.state().primary;
  auto const to = peer_endpoint(t_.config(), primary);
  if (!to) co_return co_await pause("no-primary", retry_cause::not_sent);
  if (t_.small_body_due() && !co_await client_ready()) co_return next::done;
  auto const request = peer_request_head(t_, primary, shared.boots.of(primary));
  sending how{.answer_max = t_.config().timeouts.response,
              .expect_continue = t_.streams_body(),
              .side = upstream_side::primary};
  if (may_be_stale())
    how.answer_max = std::min(how.answer_max, std::chrono::duration_cast<std::chrono::milliseconds>(in_time));
  attempt a;
  co_await send_to(a, *to, t_.config().timeouts.primary_connect, request.head, how);
  if (a.end == attempt_end::not_sent) {
    if (wants_freshness()) co_return read_here();
    co_return co_await pause("primary-unreachable", retry_cause::not_sent);
  }
  if (a.end != attempt_end::response) {
    bool const once_more =
        a.end == attempt_end::unknown && !t_.retried;  // an idle connection may have closed
    if (may_be_stale() && !a.body && !once_more) co_return read_here();
    t_.ran_by = primary;
    co_return co_await failed(a);
  }
  t_.ran_by = primary;
  if (a.answer.head.status == 503 && !a.answer.accepted.not_executed.empty() &&
      verify_not_executed(shared.marker_keys, request.mac, a.answer.accepted.not_executed).has_value())
    co_return co_await not_executed_there(a, request.mac, primary);
  co_return co_await finish(a, *to);
}

// The peer proved that it did nothing: the request is as fresh as before.
awaitable<request_path::next> request_path::not_executed_there(attempt const& a, std::string_view mac,
                                                               std::string_view primary) {
  auto const marker = verify_not_executed(t_.parts.shared.marker_keys, mac, a.answer.accepted.not_executed);
  t_.ran_by = "-";
  if (a.body) {  // what was sent of the body is gone: the client has to ask again
    co_await a.body->join();
    co_await refuse(t_, marker->reason, left());
    co_return next::done;
  }
  if (marker->reason == "restarted" && ++signed_anew_ <= signed_anew_max) {
    t_.parts.shared.boots.learn(primary, marker->boot);
    t_.parts.counts.retried(retry_cause::not_executed);
    co_return next::again;
  }
  co_return co_await pause(marker->reason, retry_cause::not_executed);
}

bool request_path::wants_freshness() const noexcept {
  return t_.route.reason == reason::read_at_primary || t_.route.reason == reason::diverged;
}

bool request_path::may_be_stale() const noexcept { return wants_freshness() && t_.config().stale_reads; }

request_path::next request_path::read_here() {
  t_.facts.primary_unreachable = true;
  return next::again;
}

// Before the same thing is tried again: a change of state, or a little longer each time.
awaitable<request_path::next> request_path::pause(std::string_view why, retry_cause cause) {
  std::string const reason(why);
  if (may_be_stale() && clock::now() >= std::min(hold_until_, fresh_until_)) co_return read_here();
  if (clock::now() >= hold_until_ || t_.parts.draining) {
    co_await refuse(t_, reason, left());
    co_return next::done;
  }
  place const held(t_.parts.all.held, t_.config().limits.held);
  if (!held) {
    if (may_be_stale()) co_return read_here();
    co_await refuse(t_, reason, left());
    co_return next::done;
  }
  {
    stopwatch const holds(t_.times.held);
    co_await t_.parts.local.wait_change(std::min(hold_until_, clock::now() + pause_));
  }
  pause_ = std::min(pause_ * 2, pause_max);
  if (t_.client.io.peek() == idle_state::closed) {
    t_.keep_alive = false;
    co_return next::done;
  }
  t_.parts.counts.retried(cause);
  co_return next::again;
}

awaitable<void> request_path::send_to(attempt& a, endpoint const& to, std::chrono::milliseconds connect_max,
                                      std::string const& head, sending how) {
  auto& pool = t_.parts.upstreams;
  auto& counts = t_.parts.counts;
  auto const side = static_cast<std::size_t>(how.side);
  auto const begun = clock::now();
  bool const quick = t_.accepted.safe && t_.accepted.upgrade.empty();
  if (!t_.retried) a.connection = pool.take(to, quick ? t_.config().timeouts.target_idle : unsafe_idle_max);
  if (a.connection) {
    co_await exchange(t_, a, head, how, keep_);
    upload_ = a.body;
    if (a.end != attempt_end::not_sent) {
      counts.upstreams_reused[side].add();
      note_upstream_time(a, side, begun);
      co_return;
    }
  }
  auto fresh = co_await pool.connect(to, connect_max, t_.live->peers);
  if (fresh.has_error()) co_return;
  counts.upstreams_opened[side].add();
  a = {};
  a.connection = std::move(*fresh);
  co_await exchange(t_, a, head, how, keep_);
  upload_ = a.body;
  note_upstream_time(a, side, begun);
}

void request_path::note_upstream_time(attempt const& a, std::size_t side, time_point begun) {
  auto const took = std::chrono::duration_cast<std::chrono::microseconds>(clock::now() - begun);
  t_.times.upstream += took;
  if (a.end == attempt_end::response) t_.parts.counts.upstream_time[side].observe(took);
}

bool request_path::wants_replay(attempt const& a) const {
  auto const& asked = a.answer.accepted.replay;
  return (asked == replay_always || asked == replay_once) && t_.accepted.safe && !t_.has_body() &&
         !t_.second_run() && t_.clustered() && t_.config().replay_on_write;
}

// Something of the request was written and no answer came.
awaitable<request_path::next> request_path::failed(attempt& a) {
  if (a.body) co_await a.body->join();
  if (a.end == attempt_end::client_gone) {
    co_await client_failed(a.body->client_error());
    co_return next::done;
  }
  bool const repeatable = t_.accepted.safe && !t_.has_body() && t_.accepted.upgrade.empty();
  if (a.end == attempt_end::unknown && repeatable && !t_.retried) {
    t_.retried = true;
    t_.parts.counts.retried(retry_cause::broken);
    co_return next::again;
  }
  if (!t_.facts.safe || t_.second_run()) t_.parts.counts.unknown_outcomes.add();
  if (a.end == attempt_end::timed_out)
    co_await answer_plain(t_, 504, "no response in time; whether the request was executed is unknown");
  else if (a.end == attempt_end::bad_response)
    co_await answer_plain(t_, 502, "the response was not valid HTTP");
  else
    co_await answer_plain(t_, 502, "the connection broke; whether the request was executed is unknown");
  co_return next::done;
}

awaitable<request_path::next> request_path::finish(attempt& a, endpoint const& to) {
  if (a.answer.head.status == 101) {
    if (t_.accepted.upgrade.empty() || !iequals(t_.accepted.upgrade, a.answer.accepted.protocol))
      co_await answer_plain(t_, 502, "an upgrade that was not asked for");
    else
      co_await tunnel(t_, a);
    co_return next::done;
  }
  std::string lines;
  if (t_.clustered()) lines = co_await consistency_lines(t_, a.answer);
  relay back(t_, a, lines);
  if (!back.at_once()) co_await back.run();
  if (a.body) co_await a.body->join();
  if (back.reusable())
    t_.parts.upstreams.keep(to, std::move(a.connection));
  else
    a.connection->io.close();
  co_return next::done;
}

}  // namespace litefs::proxy
