#include "litefs/proxy/session.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>

#include "litefs/proxy/answer.hpp"
#include "litefs/proxy/head_reader.hpp"
#include "litefs/proxy/intake.hpp"
#include "litefs/proxy/message_head.hpp"
#include "litefs/proxy/request_path.hpp"

namespace litefs::proxy {

namespace {

constexpr std::chrono::seconds linger_time{2};
constexpr std::size_t linger_bytes_max = 4 * 1024 * 1024;
constexpr std::size_t read_least = 2048;
constexpr std::chrono::milliseconds moment{250};  // who is quiet for longer gives his buffer back

}  // namespace

session::session(thread_parts& parts, stream_socket socket, std::unique_ptr<tls_engine> tls,
                 std::string address, bool trusted, std::unique_ptr<place> counted)
    : parts_(parts),
      client_{.io = stream(std::move(socket), parts.ticks, std::move(tls)),
              .address = std::move(address),
              .trusted = trusted},
      counted_(std::move(counted)),
      opened_(clock::now()) {
  io = &client_.io;
  parts_.sessions.push_back(*this);
  parts_.counts.connections.add();
}

// What a coroutine must keep is a named parameter of it: g++ 12 destroys captures given to co_spawn, and
// members of temporary aggregates in a co_await expression, twice.
awaitable<void> session::live(std::shared_ptr<session> self) {
  try {
    co_await self->run();
  } catch (std::exception const& e) {
    spdlog::error("session of {} ended: {}", self->client_.address, e.what());
    self->client_.io.abort();
  }
}

void session::start() { asio::co_spawn(parts_.context, live(shared_from_this()), asio::detached); }

awaitable<void> session::run() {
  // Not `while (co_await …) {}`: g++ 12 lays out the frame of such a loop wrongly, and `this` is read from
  // another place.
  bool more = true;
  if (client_.io.is_tls()) more = co_await agree_on_tls();
  while (more) {
    if (client_.head.empty()) more = co_await wait_for_bytes();
    if (more) more = co_await serve_next();
  }
  if (client_.io.is_open() && (unread_ || !client_.head.empty())) co_await linger();
  client_.io.close();
}

// Within the time for the first head.
awaitable<bool> session::agree_on_tls() {
  auto const failed = co_await client_.io.handshake(opened_ + parts_.live->config.timeouts.header);
  if (!failed) co_return true;
  parts_.counts.tls_failed.add();
  auto const refused = client_.io.refused_certificate();
  spdlog::debug("TLS with {}: {}", client_.address, refused.empty() ? failed.message() : refused);
  co_return false;
}

// Between requests a connection waits here, without a transaction and after a moment without a buffer; a
// drain ends it here, but not at once: the last answer may have promised to keep it.
awaitable<bool> session::wait_for_bytes() {
  auto const& limits = parts_.live->config.timeouts;
  clock::duration const patience = parts_.draining ? idle_in_drain : limits.idle;
  auto const deadline = first_ ? opened_ + limits.header : parts_.ticks.now() + patience;
  auto const soon = parts_.draining ? deadline : std::min(deadline, parts_.ticks.now() + moment);
  idle = !first_;
  auto n = co_await client_.io.read_some(client_.head.prepare(read_least), soon);
  bool const quiet = n.has_error() && n.error() == asio::error::timed_out && soon < deadline;
  if (quiet && (!parts_.draining || first_)) {
    client_.head.release();
    n = co_await client_.io.read_some(first_bytes_, deadline);
    if (n.has_value()) client_.head.append({first_bytes_.data(), *n});
  } else if (n.has_value()) {
    client_.head.commit(*n);
  }
  idle = false;
  co_return n.has_value();
}

awaitable<bool> session::serve_next() {
  first_ = false;
  auto const begun = clock::now();
  auto const in = client_.io.bytes_in() - client_.head.size();
  auto const out = client_.io.bytes_out();
  auto const& config = parts_.live->config;
  head_limits const limits{.bytes = config.limits.header_bytes, .skip_crlf = true};
  auto const deadline = begun + config.timeouts.header;
  head_search search(limits);
  auto outcome = search.look_into(client_.head);
  bool const at_once = outcome.has_value();
  if (!at_once) outcome = co_await read_head(client_.io, client_.head, search, deadline);
  transaction t(parts_, client_, at_once ? begun : clock::now());
  if (auto const* ec = std::get_if<error_code>(&*outcome)) {
    if (*ec != asio::error::timed_out) co_return false;
    rejection const slow{408, "head-too-slow"};
    co_await reject(t, slow);
  } else if (auto const* why = std::get_if<rejection>(&*outcome)) {
    co_await reject(t, *why);
  } else {
    co_await serve(t, std::get<std::string_view>(*outcome));
  }
  record(t, begun, in, out);
  if (t.body && !t.body->done() && !t.body_loaded) unread_ = true;
  t.body.reset();
  if (!client_.block.empty()) {
    client_.head.append(client_.block.data());
    client_.block.clear();
  }
  client_.block.release();
  co_return t.answered&& t.keep_alive&& client_.io.is_open();
}

// What is to be done about a request; not a coroutine of its own.
awaitable<void> session::serve(transaction& t, std::string_view raw) {
  auto parsed = parse_request_head(raw);
  if (auto const* why = std::get_if<rejection>(&parsed)) return reject(t, *why);
  t.head = std::move(std::get<request_head>(parsed));
  auto judged = check_request(t.head, t.live->rules);
  if (auto const* why = std::get_if<rejection>(&judged)) return reject(t, *why);
  t.accepted = std::move(std::get<accepted_request>(judged));
  client_.head.consume(raw.size());
  parts_.counts.received.add();
  t.keep_alive = t.accepted.keep_alive;
  auto const& config = t.config();
  t.body.emplace(client_.io, client_.head, client_.block, t.accepted.framing, config.limits.body,
                 config.timeouts.body_idle);
  if (auto const refusal = take_in(t)) return refuse_hop(t, refusal->reason, refusal->provable);
  if (t.accepted.max_forwards == 0U) {  // RFC 9110 section 7.6.2: the last recipient answers
    t.route = {action::own, reason::own_endpoint};
    return answer_plain(t, 200, "this is the last hop allowed");
  }
  return request_path::serve(t, shared_from_this());
}

awaitable<void> session::reject(transaction& t, rejection why) {
  t.keep_alive = false;
  unread_ = true;
  std::string const lines =
      why.status == 405 ? "Allow: GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE\r\n" : "";
  co_await answer_plain(t, why.status, why.reason, lines);
}

// Closing with unread bytes would send a reset, which can destroy the answer before the client has read it.
awaitable<void> session::linger() {
  client_.io.shutdown_send();
  client_.head.clear();
  auto const until = clock::now() + linger_time;
  for (std::size_t total = 0; total < linger_bytes_max;) {
    auto const n = co_await client_.io.read_some(client_.head.prepare(read_least), until);
    if (n.has_error()) co_return;
    total += *n;
  }
}

void session::record(transaction const& t, time_point begun, std::uint64_t in, std::uint64_t out) {
  auto const took = std::chrono::duration_cast<std::chrono::microseconds>(clock::now() - begun);
  auto const bytes_in = client_.io.bytes_in() - in;
  auto const bytes_out = client_.io.bytes_out() - out;
  auto& counts = parts_.counts;
  counts.ended(t.route, parts_.local.state().role, t.status, took, t.times);
  counts.bytes_in.add(bytes_in);
  counts.bytes_out.add(bytes_out);
  if (!t.config().log.access) return;
  parts_.log.write({.client = client_.address,
                    .method = t.head.method,
                    .target = t.head.target,
                    .status = t.status,
                    .bytes_in = bytes_in,
                    .bytes_out = bytes_out,
                    .took = took,
                    .waited = t.times.held + t.times.behind + t.times.queued + t.times.acknowledging,
                    .upstream = t.times.upstream,
                    .action = to_string(t.route.action),
                    .reason = to_string(t.route.reason),
                    .node = t.ran_by,
                    .id = t.id});
}

}  // namespace litefs::proxy
