#include "litefs/proxy/exchange.hpp"

#include <boost/asio/error.hpp>
#include <optional>

#include "litefs/proxy/answer.hpp"
#include "litefs/proxy/head_reader.hpp"
#include "litefs/proxy/message_head.hpp"

namespace litefs::proxy {

namespace {

constexpr int interim_max = 8;
constexpr std::size_t read_least = 2048;
constexpr head_limits answer_limits{.bytes = 64 * 1024, .first_line = 8192};
constexpr std::string_view continue_line = "HTTP/1.1 100 Continue\r\n\r\n";

awaitable<void> send_continue(transaction& t) {
  if (!t.accepted.expect_continue || t.continued || t.head.version == 10) co_return;
  t.continued = true;
  co_await t.client.io.write({continue_line, {}, {}}, t.config().timeouts.body_idle);
}

attempt_end failed(error_code ec, stream const& io, std::uint64_t written_before) {
  if (io.bytes_out() == written_before) return attempt_end::not_sent;
  return ec == asio::error::timed_out ? attempt_end::timed_out : attempt_end::unknown;
}

// What one head from the upstream is, interim or final.
attempt_end judge_answer(transaction& t, upstream& from, upstream_answer& answer,
                         head_outcome const& outcome) {
  if (auto const* ec = std::get_if<error_code>(&outcome))
    return *ec == asio::error::timed_out ? attempt_end::timed_out : attempt_end::unknown;
  auto const* raw = std::get_if<std::string_view>(&outcome);
  if (raw == nullptr) return attempt_end::bad_response;
  auto parsed = parse_response_head(*raw);
  if (!std::holds_alternative<response_head>(parsed)) return attempt_end::bad_response;
  answer.head = std::move(std::get<response_head>(parsed));
  auto judged = check_response(answer.head, t.accepted.head, t.config().allow_app_replay);
  if (!std::holds_alternative<accepted_response>(judged)) return attempt_end::bad_response;
  answer.accepted = std::move(std::get<accepted_response>(judged));
  // An upgrade that was not asked for, perhaps in the middle of an upload.
  if (answer.head.status == 101 && t.accepted.upgrade.empty()) return attempt_end::bad_response;
  from.buffer.consume(raw->size());
  return attempt_end::response;
}

// Skips 100, passes other 1xx on, stops at the final head (or at a 100 that is waited for).
awaitable<attempt_end> read_final(transaction& t, attempt& a, time_point const& deadline,
                                  bool stop_at_100 = false) {
  for (int interim = 0; interim <= interim_max; ++interim) {
    auto const outcome =
        co_await read_head(a.connection->io, a.connection->buffer, head_search(answer_limits), deadline);
    auto const end = judge_answer(t, *a.connection, a.answer, outcome);
    auto const status = a.answer.head.status;
    if (end != attempt_end::response || status >= 200 || status == 101) co_return end;
    if (status == 100) {
      if (stop_at_100) co_return end;
    } else if (t.head.version == 11) {
      auto const head = interim_head(a.answer);
      if (co_await t.client.io.write({head, {}, {}}, t.config().timeouts.body_idle)) t.keep_alive = false;
    }
  }
  co_return attempt_end::bad_response;
}

// Most answers come whole with the first read.
std::optional<attempt_end> final_in_buffer(transaction& t, attempt& a) {
  auto& buffer = a.connection->buffer;
  auto const outcome = head_search(answer_limits).look_into(buffer);
  if (!outcome || buffer.data().substr(0, 10).ends_with(" 1")) return std::nullopt;  // 1xx is no final one
  return judge_answer(t, *a.connection, a.answer, *outcome);
}

awaitable<attempt_end> stream_body(transaction& t, attempt& a, std::string const& head, sending how,
                                   std::shared_ptr<void> const& keep) {
  auto& io = a.connection->io;
  auto const before = io.bytes_out();
  if (auto const ec = co_await io.write({head, {}, {}}, t.config().timeouts.body_idle))
    co_return failed(ec, io, before);
  if (how.expect_continue) {
    auto const deadline = clock::now() + t.config().primary_redirect_timeout + how.answer_max;
    auto const end = co_await read_final(t, a, deadline, true);
    if (end != attempt_end::response || a.answer.head.status != 100) co_return end;
  }
  co_await send_continue(t);
  a.body = std::make_shared<upload>(t, a.connection, keep, how.answer_max);
  a.body->start();
  auto const end = co_await read_final(t, a, a.body->answer_deadline());
  co_return a.body->client_error() ? attempt_end::client_gone : end;
}

}  // namespace

awaitable<error_code> load_small_body(transaction& t) {
  if (!t.small_body_due()) co_return error_code{};
  auto first = t.body->ready();
  if (first && t.body->done()) {  // it came with its head: no copy
    t.held = *first;
  } else {
    co_await send_continue(t);
    t.held_copy.reserve(static_cast<std::size_t>(t.accepted.framing.length));
    while (first) {
      t.held_copy.append(*first);
      if (t.body->done()) break;
      first = co_await t.body->next();
    }
    t.held = t.held_copy;
  }
  if (first.has_error()) co_return first.error();
  t.body_loaded = true;
  co_return error_code{};
}

awaitable<void> exchange(transaction& t, attempt& a, std::string const& head, sending how,
                         std::shared_ptr<void> const& keep) {
  if (t.streams_body()) {
    a.end = co_await stream_body(t, a, head, how, keep);
    co_return;
  }
  auto& io = a.connection->io;
  auto const before = io.bytes_out();
  gathered parts{head, t.held, {}};
  auto written = io.write_now(parts);
  if (!written) written = co_await io.write(parts, t.config().timeouts.body_idle);
  if (*written) {
    a.end = failed(*written, io, before);
    // An upstream that refuses a body may have answered before it closed.
    if (a.end != attempt_end::unknown || t.held.empty()) co_return;
  }
  auto const deadline = clock::now() + how.answer_max;
  auto& buffer = a.connection->buffer;
  auto const n = co_await io.read_some(buffer.prepare(read_least), deadline);
  if (n.has_error()) {
    a.end = n.error() == asio::error::timed_out ? attempt_end::timed_out : attempt_end::unknown;
    co_return;
  }
  buffer.commit(*n);
  auto end = final_in_buffer(t, a);
  if (!end) end = co_await read_final(t, a, deadline);
  a.end = *end;
}

}  // namespace litefs::proxy
