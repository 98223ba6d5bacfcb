#include "litefs/proxy/acknowledge.hpp"

#include "litefs/proxy/answer.hpp"
#include "litefs/proxy/stopwatch.hpp"

namespace litefs::proxy {

namespace {

constexpr std::string_view not_replicated = "litefs-replicated: no\r\n";

bool wants_replication(transaction const& t, upstream_answer const& answer) noexcept {
  if (answer.accepted.ack == "replicated") return true;
  return answer.accepted.ack != "local" && asks_for_replication(t);
}

// An app server that serves one connection at a time is free as soon as nothing of its answer is left there.
// An error is found again by whoever passes the body on.
awaitable<void> take_small_body(transaction const& t, attempt& a) {
  auto const& [kind, length] = a.answer.accepted.framing;
  auto& from = *a.connection;
  bool const known = kind == body_kind::length || kind == body_kind::none;
  if (!known || length > t.config().limits.held_body || length < from.buffer.size()) co_return;
  auto const missing = static_cast<std::size_t>(length) - from.buffer.size();
  a.ahead = std::make_unique<stream_buffer>(missing);
  auto const deadline = clock::now() + t.config().timeouts.body_idle;
  while (a.ahead->size() < missing) {
    auto const left = missing - a.ahead->size();
    auto const n = co_await from.io.read_some(a.ahead->prepare(left).first(left), deadline);
    if (n.has_error()) co_return;
    a.ahead->commit(*n);
  }
  if (!a.answer.accepted.keep_alive) from.io.close();
}

awaitable<confirmation> confirmed(transaction& t, std::vector<database_position> const& written) {
  place const waiting(t.parts.all.acknowledging, t.config().limits.waiting);
  if (!waiting || !t.parts.shared.confirm) co_return confirmation::missing;
  stopwatch const waits(t.times.acknowledging);
  auto wait = t.parts.shared.confirm(written);
  co_return co_await std::move(wait);
}

}  // namespace

bool asks_for_replication(transaction const& t) noexcept {
  return t.clustered() && (t.config().ack_replicated || t.ack_path);
}

awaitable<bool> acknowledge(transaction& t, attempt& a, target_gate::permit& permit) {
  auto& answer = a.answer;
  auto& counts = t.parts.counts;
  if (!t.clustered() || t.route.reason == reason::passthrough) co_return true;
  auto positions = co_await written(t, answer);
  answer.written = std::move(positions);
  if (answer.written->empty()) co_return true;
  if (!wants_replication(t, answer)) {
    counts.acknowledged_as(acknowledgement::local);
    co_return true;
  }
  co_await take_small_body(t, a);
  permit = {};
  auto const end = co_await confirmed(t, *answer.written);
  if (end == confirmation::complete) {
    answer.ack = t.config().ack_any ? acknowledgement::any : acknowledgement::all;
  } else if (end == confirmation::missing && !t.config().ack_fail) {
    answer.ack = acknowledgement::no;
  } else {
    counts.acknowledged_as(acknowledgement::failed);
    counts.unknown_outcomes.add();
    auto const why = end == confirmation::missing
                         ? "committed here, but not on the candidates in time; whether it is kept is unknown"
                         : "the primary changed meanwhile; whether the write is kept is unknown";
    co_await answer_plain(t, 504, why, not_replicated);
    co_return false;
  }
  counts.acknowledged_as(answer.ack);
  co_return true;
}

}  // namespace litefs::proxy
