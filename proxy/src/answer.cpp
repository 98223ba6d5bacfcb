#include "litefs/proxy/answer.hpp"

#include <algorithm>
#include <boost/beast/http/status.hpp>

#include "litefs/proxy/head_text.hpp"

namespace litefs::proxy {

namespace {

// A machine that Fly's proxy cannot reach in that time: the request comes back and is held or refused here.
constexpr std::string_view fly_replay_terms = ";timeout=2s;fallback=prefer_self";

// The status line is kept byte for byte but for the version.
void add_status_line(std::string& out, response_head const& head) {
  auto line = head.raw.substr(0, head.raw.find('\r'));
  line.remove_prefix(std::min(line.size(), line.find(' ')));
  out.append("HTTP/1.1").append(line).append("\r\n");
}

bool bodiless(transaction const& t, int status) {
  return t.accepted.head || status == 204 || status == 304 || status < 200;
}

void add_connection(std::string& out, transaction const& t) {
  if (!t.keep_alive)
    add_field(out, "Connection", "close");
  else if (t.head.version == 10)
    add_field(out, "Connection", "keep-alive");
}

}  // namespace

std::string_view status_text(int status) noexcept {
  auto const text = boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(status));
  return {text.data(), text.size()};
}

client_framing frame_for_client(transaction const& t, upstream_answer const& answer) {
  auto const kind = answer.accepted.framing.kind;
  if (bodiless(t, answer.head.status) || kind == body_kind::none || kind == body_kind::length) return {};
  if (t.head.version == 10) return {.chunked = false, .close = true};
  return {.chunked = true, .close = false};
}

std::string relayed_head(transaction const& t, upstream_answer const& answer, client_framing how,
                         std::string_view lines) {
  std::string out;
  out.reserve(answer.head.raw.size() + lines.size() + 128);
  add_status_line(out, answer.head);
  add_fields(out, answer.accepted.forward, "X-Request-Id");
  add_field(out, "X-Request-Id", t.id);
  out.append(lines);
  auto const status = answer.head.status;
  if (bodiless(t, status)) {
    // A HEAD response or a 304 tells the length of the body that it does not have.
    if (auto const length = answer.accepted.announced_length)
      add_field(out, "Content-Length", std::to_string(*length));
  } else if (how.chunked) {
    add_field(out, "Transfer-Encoding", "chunked");
  } else if (!how.close) {
    add_field(out, "Content-Length", std::to_string(answer.accepted.framing.length));
  }
  add_connection(out, t);
  return out += "\r\n";
}

std::string interim_head(upstream_answer const& answer) {
  std::string out;
  add_status_line(out, answer.head);
  add_fields(out, answer.accepted.forward);
  return out += "\r\n";
}

namespace {

awaitable<void> answer_with(transaction& t, int status, std::string_view type, std::string_view body,
                            std::string_view lines) {
  // What was not read of a body can never be told from a next request.
  if (t.streams_body() || t.parts.draining) t.keep_alive = false;
  std::string out = "HTTP/1.1 " + std::to_string(status);
  out.append(1, ' ').append(status_text(status)).append("\r\n");
  if (!type.empty()) add_field(out, "Content-Type", type);
  add_field(out, "Content-Length", std::to_string(body.size()));
  add_field(out, "Cache-Control", "no-store");
  if (!t.id.empty()) add_field(out, "X-Request-Id", t.id);
  out.append(lines);
  add_connection(out, t);
  out += "\r\n";
  t.answered = true;
  t.status = status;
  if (t.accepted.head) body = {};
  if (co_await t.client.io.write({out, body, {}}, t.config().timeouts.body_idle)) t.keep_alive = false;
}

}  // namespace

awaitable<void> answer_plain(transaction& t, int status, std::string_view text, std::string_view lines) {
  std::string body(status_text(status));
  body.append(": ").append(text).append(1, '\n');
  co_await answer_with(t, status, "text/plain; charset=utf-8", body, lines);
}

awaitable<void> answer_own_endpoint(transaction& t, own_response response) {
  std::string lines;
  if (!response.allow.empty()) add_field(lines, "Allow", response.allow);
  co_await answer_with(t, response.status, response.content_type, response.body, lines);
}

awaitable<void> refuse(transaction& t, std::string_view why, std::chrono::milliseconds retry_after) {
  t.parts.counts.refused(why);
  auto const seconds = std::max<std::int64_t>(1, (retry_after.count() + 999) / 1000);
  std::string lines;
  add_field(lines, "Retry-After", std::to_string(seconds));
  auto const& shared = t.parts.shared;
  add_field(lines, "litefs-not-executed",
            t.peer ? make_not_executed(shared.marker_keys, t.peer->mac, why, shared.nonces.boot())
                   : std::string(why));
  co_await answer_plain(t, 503, why, lines);
}

awaitable<void> answer_fly_replay(transaction& t, std::string_view hostname) {
  // The hostname is the machine's id, alone or as the first label of <id>.vm.<app>.internal.
  std::string wanted("instance=");
  wanted.append(hostname.substr(0, hostname.find('.'))).append(fly_replay_terms);
  std::string lines;
  add_field(lines, "fly-replay", wanted);
  co_await answer_plain(t, 409, "not executed here: Fly's proxy sends it to the primary", lines);
}

awaitable<void> refuse_hop(transaction& t, std::string_view why, bool provable) {
  if (!provable) t.peer.reset();
  co_await refuse(t, why, std::chrono::seconds(1));
}

}  // namespace litefs::proxy
