#include "litefs/proxy/intake.hpp"

#include <algorithm>

#include "litefs/path_pattern.hpp"
#include "litefs/proxy/own_endpoints.hpp"
#include "litefs/proxy/request_writer.hpp"

namespace litefs::proxy {

namespace {

constexpr std::size_t request_id_max = 128;

bool valid_request_id(std::string_view id) noexcept {
  return !id.empty() && id.size() <= request_id_max && std::all_of(id.begin(), id.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
  });
}

std::optional<hop_refusal> check_hop(transaction& t, forwarded const& received) {
  auto& shared = t.parts.shared;
  auto parsed = parse_hop(t.accepted.hop);
  if (parsed.has_error() || !shared.clustered()) return hop_refusal{"secret-mismatch", false};
  auto const length = length_subject(t.accepted.framing);
  auto const subject = received.subject();
  auto const proxied = find_field(t.head.fields, "litefs-proxied");
  if (!verify_hop(shared.hop_keys, *parsed,
                  {.method = t.head.method,
                   .target = t.accepted.origin_target,
                   .host = t.accepted.host,
                   .length = length,
                   .forwarded = subject,
                   .proxied = proxied}))
    return hop_refusal{"secret-mismatch", false};
  t.peer = std::move(*parsed);
  t.replay_hop = proxied == second_run;
  if (t.peer->to != shared.hostname()) return hop_refusal{"wrong-node", true};
  if (auto const fresh = shared.nonces.admit(*t.peer); fresh.has_error())
    return fresh.error() == errc::hop_restarted ? hop_refusal{"restarted", true}
                                                : hop_refusal{"replayed", false};
  return std::nullopt;
}

// The header of API clients wins over the cookie; what does not parse is ignored.
demands find_demands(transaction const& t) {
  if (!t.accepted.position.empty()) {
    auto parsed = parse_demands(t.accepted.position);
    if (parsed) return std::move(*parsed);
  }
  for (auto const header : t.accepted.cookies) {
    auto const value = find_cookie(header, t.config().cookie.name);
    if (value.empty()) continue;
    auto parsed = parse_demands(value);
    if (parsed) return std::move(*parsed);
  }
  return {};
}

// Of a trusted proxy's request: is that proxy Fly's, and did it replay this before?
void judge_fly(accepted_request const& a, request_facts& facts) {
  facts.from_fly = !find_field(a.forwarded, "Fly-Client-IP").empty();
  facts.fly_replayed = !find_field(a.forwarded, "Fly-Replay-Src").empty() ||
                       !find_field(a.forwarded, "Fly-Replay-Failed").empty();
  if (a.framing.kind == body_kind::length) facts.body_length = a.framing.length;
  if (a.framing.kind == body_kind::chunked) facts.body_length.reset();
}

}  // namespace

std::optional<hop_refusal> take_in(transaction& t) {
  auto const& a = t.accepted;
  auto const& config = t.config();
  auto received = received_forwarded(a);
  std::optional<hop_refusal> refusal;
  if (!a.hop.empty()) refusal = check_hop(t, received);
  bool const believed = t.peer.has_value() || t.client.trusted;
  auto const* const scheme = t.client.io.is_tls() ? "https" : "http";
  t.origin = continue_forwarded(std::move(received), believed, t.client.address, a.host, scheme);
  auto const sent_id = believed ? find_field(t.head.fields, "X-Request-Id") : std::string_view{};
  t.id = valid_request_id(sent_id) ? std::string(sent_id) : t.parts.new_request_id();

  auto canonical = canonicalise(a.origin_target);
  t.path = std::move(canonical.path);
  t.facts.own_endpoint = is_own_path(a.origin_target);
  t.facts.hop = t.peer.has_value();
  t.facts.safe = a.safe;
  t.facts.passthrough = a.safe && !canonical.ambiguous && matches_any(config.passthrough, t.path);
  t.facts.always_forward =
      canonical.ambiguous ? !config.always_forward.empty() : matches_any(config.always_forward, t.path);
  t.ack_path = canonical.ambiguous ? !config.ack_paths.empty() : matches_any(config.ack_paths, t.path);
  t.facts.upgrade = !a.upgrade.empty();
  if (t.client.trusted && !t.peer) judge_fly(a, t.facts);
  if (t.clustered()) {
    t.demanded = find_demands(t);
    if (!t.demanded.empty()) t.facts.demanded = &t.demanded;
    t.facts.remembered = a.safe && t.parts.all.routes.knows(t.head.method, t.path, t.parts.ticks.now());
  }
  return refusal;
}

}  // namespace litefs::proxy
