#include "litefs/proxy/request_path.hpp"

#include <algorithm>
#include <boost/asio/error.hpp>

#include "litefs/proxy/answer.hpp"
#include "litefs/proxy/link_intake.hpp"
#include "litefs/proxy/peer_endpoint.hpp"
#include "litefs/proxy/relay.hpp"
#include "litefs/proxy/stopwatch.hpp"

namespace litefs::proxy {

namespace {

constexpr std::chrono::milliseconds pause_first{50};
// Beyond read-wait, for the primary's answer to a read: longer than a slow page, shorter than a client's
// patience.
constexpr std::chrono::milliseconds fresh_extra{5000};
constexpr std::chrono::milliseconds presence_check{500};  // how often a held client is looked at

}  // namespace

request_path::request_path(transaction& t, std::shared_ptr<void> keep)
    : t_(t), keep_(std::move(keep)), pause_(pause_first) {
  hold_until_ = t.begun + t.config().primary_redirect_timeout;
  read_until_ = t.begun + t.config().read_wait;
  fresh_until_ = read_until_ + fresh_extra;
}

// Nothing of the request outlives it: an upload refers to the transaction.
awaitable<void> request_path::serve(transaction& t, std::shared_ptr<void> keep) {
  request_path path(t, std::move(keep));
  std::exception_ptr thrown;
  try {
    auto then = next::again;  // see session::run
    while (then == next::again) then = co_await path.step();
  } catch (...) {
    thrown = std::current_exception();
  }
  if (path.upload_) co_await path.upload_->join();
  if (thrown) std::rethrow_exception(thrown);
}

route request_path::choose() {
  auto const& view = t_.parts.local;
  t_.facts.frozen = t_.parts.shared.frozen;
  t_.facts.lease_unproven = view.state().role == role::primary && !t_.parts.shared.lease.holds();
  auto const fresh = t_.facts.demanded == nullptr
                         ? freshness{}
                         : compare(t_.demanded, view.state(), view.history(), t_.parts.shared.database_ids);
  auto const& config = t_.config();
  policy const rules{.stale_reads = config.stale_reads,
                     .stale_max = config.stale_max,
                     .max_lag = config.max_lag,
                     .fly_replay = config.fly_replay};
  return decide(t_.facts, view.state(), fresh, view.handoff_hold(), rules, t_.parts.ticks.now());
}

awaitable<request_path::next> request_path::step() {
  t_.route = choose();
  switch (t_.route.action) {
    case action::own:
      return answer_here();
    case action::local:
      return to_target();
    case action::wait:
      return wait_for_position();
    case action::forward:
      return to_primary();
    case action::fly_replay:
      return by_fly();
    case action::hold:
      return hold(to_string(t_.route.reason));
    case action::refuse:
      break;
  }
  return [](request_path& self) -> awaitable<next> {
    co_await refuse(self.t_, to_string(self.t_.route.reason), self.left());
    co_return next::done;
  }(*this);
}

awaitable<request_path::next> request_path::answer_here() {
  if (asks_for_link(t_)) {
    co_await hand_over_link(t_);
    co_return next::done;
  }
  own_request own{.method = std::string(t_.head.method),
                  .target = std::string(t_.accepted.origin_target),
                  .peer = t_.peer,
                  .body = {}};
  if (t_.has_body()) {
    if (t_.accepted.framing.kind != body_kind::length || t_.accepted.framing.length > own_body_max) {
      co_await answer_plain(t_, 413, "the body of this request must be at most 16 KiB, with Content-Length");
      co_return next::done;
    }
    if (t_.small_body_due() && !co_await client_ready()) co_return next::done;
    own.body = t_.held;
  }
  auto response = co_await answer_own(t_.parts.shared, t_.parts.local, std::move(own));
  co_await answer_own_endpoint(t_, std::move(response));
  co_return next::done;
}

// The head is enough for Fly's proxy; a small body is read so that its connection can be used again.
awaitable<request_path::next> request_path::by_fly() {
  auto const primary = t_.parts.local.state().primary;
  if (!peer_endpoint(t_.config(), primary)) co_return co_await pause("no-primary", retry_cause::not_sent);
  if (t_.small_body_due() && !co_await client_ready()) co_return next::done;
  co_await answer_fly_replay(t_, primary);
  co_return next::done;
}

awaitable<request_path::next> request_path::wait_for_position() {
  place const waiting(t_.parts.all.waiting, t_.config().limits.waiting);
  if (!waiting) {  // too many: the primary answers instead
    t_.facts.waited = true;
    co_return next::again;
  }
  t_.parts.counts.position_waits.add();
  stopwatch const waits(t_.times.behind);
  co_await t_.parts.local.wait_position(t_.demanded, read_until_);
  t_.facts.waited = clock::now() >= read_until_;
  co_return next::again;
}

// Until the node's state changes. A client that left meanwhile is dropped: its request was not executed.
awaitable<request_path::next> request_path::hold(std::string_view why) {
  place const held(t_.parts.all.held, t_.config().limits.held);
  if (!held || clock::now() >= hold_until_ || t_.parts.draining) {
    co_await refuse(t_, why, left());
    co_return next::done;
  }
  t_.parts.counts.holds.add();
  stopwatch const holds(t_.times.held);
  for (bool changed = false; !changed && clock::now() < hold_until_;) {
    changed = co_await t_.parts.local.wait_change(std::min(hold_until_, clock::now() + presence_check));
    if (t_.client.io.peek() == idle_state::closed) {
      t_.keep_alive = false;
      co_return next::done;
    }
  }
  co_return next::again;
}

// A small body is read before anything is asked of an upstream. False: the client failed and was answered.
awaitable<bool> request_path::client_ready() {
  auto const ec = co_await load_small_body(t_);
  if (ec) co_await client_failed(ec);
  co_return !ec;
}

awaitable<void> request_path::client_failed(error_code ec) {
  t_.keep_alive = false;
  if (ec == errc::bad_chunk) co_await answer_plain(t_, 400, "bad chunked body");
  if (ec == boost::system::errc::message_size)
    co_await answer_plain(t_, 413, "the body is larger than limits.body");
  if (ec == asio::error::timed_out) co_await answer_plain(t_, 408, "the body did not arrive in time");
}

std::chrono::milliseconds request_path::left() const {
  return std::max(std::chrono::milliseconds(0),
                  std::chrono::duration_cast<std::chrono::milliseconds>(hold_until_ - clock::now()));
}

}  // namespace litefs::proxy
