#include "litefs/proxy/request_writer.hpp"

#include "litefs/proxy/head_text.hpp"

namespace litefs::proxy {

namespace {

std::string begin_head(transaction const& t, forwarded const& f) {
  auto const& a = t.accepted;
  std::string out;
  out.reserve(t.head.raw.size() + 512);
  out.append(t.head.method).append(1, ' ').append(a.origin_target).append(" HTTP/1.1\r\n");
  add_field(out, "Host", a.host);
  add_fields(out, a.forward, "X-Request-Id");  // ours follows
  if (!f.for_.empty()) add_field(out, "X-Forwarded-For", f.for_);
  add_field(out, "X-Forwarded-Proto", f.proto);
  add_field(out, "X-Forwarded-Host", f.host);
  for (auto const& [name, value] : f.others) add_field(out, name, value);
  add_field(out, "X-Request-Id", t.id);
  if (t.clustered() && !t.demanded.empty()) add_field(out, "litefs-position", format_demands(t.demanded));
  if (a.max_forwards) add_field(out, "Max-Forwards", std::to_string(*a.max_forwards - 1));
  if (!a.upgrade.empty()) {
    add_field(out, "Connection", "upgrade");
    add_field(out, "Upgrade", a.upgrade);
  }
  return out;
}

void add_framing(std::string& out, framing const& f) {
  if (f.kind == body_kind::length) add_field(out, "Content-Length", std::to_string(f.length));
  if (f.kind == body_kind::chunked) add_field(out, "Transfer-Encoding", "chunked");
}

}  // namespace

std::string length_subject(framing const& f) {
  return f.kind == body_kind::chunked ? "chunked"
                                      : std::to_string(f.kind == body_kind::length ? f.length : 0);
}

std::string target_request_head(transaction const& t) {
  auto out = begin_head(t, t.origin);
  add_field(out, "litefs-proxied", t.second_run() ? second_run : "1");
  add_framing(out, t.accepted.framing);
  return out += "\r\n";
}

peer_request peer_request_head(transaction const& t, std::string_view hostname, std::string_view boot) {
  auto out = begin_head(t, t.origin);
  auto const length = length_subject(t.accepted.framing);
  auto const forwarded = t.origin.subject();
  auto const proxied = t.facts.replay || t.facts.remembered ? second_run : std::string_view{};
  hop const h{.from = std::string(t.parts.shared.hostname()),
              .to = std::string(hostname),
              .boot = std::string(boot),
              .nonce = random_hex(16),
              .mac = {}};
  auto const value = make_hop(t.parts.shared.hop_keys, h,
                              {.method = t.head.method,
                               .target = t.accepted.origin_target,
                               .host = t.accepted.host,
                               .length = length,
                               .forwarded = forwarded,
                               .proxied = proxied});
  add_field(out, "litefs-hop", value);
  if (!proxied.empty()) add_field(out, "litefs-proxied", proxied);
  if (t.streams_body()) add_field(out, "Expect", "100-continue");
  add_framing(out, t.accepted.framing);
  return {.head = out += "\r\n", .mac = value.substr(value.rfind('=') + 1)};
}

}  // namespace litefs::proxy
