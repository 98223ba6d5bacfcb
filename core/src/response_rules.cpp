#include "head_rules.hpp"
#include "litefs/request_rules.hpp"

#include <algorithm>

namespace litefs {
namespace {

using namespace head_rules;

constexpr std::string_view fly_replay_type = "application/vnd.fly.replay+json";

bool bodyless(int status, bool head_request) noexcept {
  return head_request || status < 200 || status == 204 || status == 304;
}

std::optional<rejection> check_framing(response_head const& head, framing_fields const& found,
                                       bool head_request, accepted_response& out) {
  if (found.coding_lines > 0) {
    if (head.version == 10) return rejection{502, "te-in-http-1.0"};
    if (found.length_lines > 0) return rejection{502, "te-and-cl"};
    if (found.coding_lines > 1 || !found.chunked || found.other_codings)
      return rejection{502, "transfer-encoding"};
  }
  if (found.length_lines > 1 || (found.length_lines == 1 && !found.length))
    return rejection{502, "content-length"};

  if (bodyless(head.status, head_request)) {
    bool const framed = found.coding_lines > 0 || found.length.value_or(0) > 0;
    if (head_request || head.status == 304) out.announced_length = found.length;
    if (framed)
      out.keep_alive = false;  // a body may follow, against the rules, and nobody is going to read it
    return std::nullopt;
  }
  if (found.chunked) {
    out.framing = {body_kind::chunked, 0};
  } else if (found.length) {
    out.framing = {body_kind::length, *found.length};
  } else {
    out.framing = {body_kind::until_close, 0};
    out.keep_alive = false;
  }
  return std::nullopt;
}

// A value that comes twice is as good as none: it could be somebody else's.
void take_single(std::string_view& member, bool& seen, std::string_view value) {
  member = seen ? "" : value;
  seen = true;
}

void read_cache_control(std::string_view value, accepted_response& out) {
  if (out.cache_control.empty()) out.cache_control = value;
  for_each_element(value, [&out](std::string_view directive) {
    auto const name = trim(directive.substr(0, directive.find('=')));
    out.cache_shared |= is(name, "public") || is(name, "s-maxage");
    out.cache_unshared |= is(name, "private") || is(name, "no-store");
  });
}

// What Fly's proxy acts on: it can send the request anywhere in the organisation.
bool for_fly(meaning m, std::string_view value) {
  return m == meaning::fly || (m == meaning::content_type && istarts_with(value, fly_replay_type));
}

void sort_fields(response_head const& head, survey const& seen, bool fly_fields, accepted_response& out) {
  bool committed = false;
  bool replay = false;
  bool not_executed = false;
  bool ack = false;
  bool protocol = false;
  bool const nominates = !seen.connection.nominated.empty();
  out.forward.reserve(head.fields.size());
  for (std::size_t i = 0; i < head.fields.size(); ++i) {
    auto const& field = head.fields[i];
    auto const m = seen.fields[i].meaning;
    if (m == meaning::litefs_committed) take_single(out.committed, committed, field.value);
    if (m == meaning::litefs_replay) take_single(out.replay, replay, field.value);
    if (m == meaning::litefs_not_executed) take_single(out.not_executed, not_executed, field.value);
    if (m == meaning::litefs_ack) take_single(out.ack, ack, field.value);
    if (m == meaning::upgrade && out.upgrade) take_single(out.protocol, protocol, field.value);
    if (m == meaning::cache_control) read_cache_control(field.value, out);
    if (of_litefs(m) || of_this_hop(m)) continue;
    if (!fly_fields && for_fly(m, field.value)) continue;  // it may be reflected input of a client
    if (!nominates || !seen.connection.nominates(field.name)) out.forward.push_back(field);
  }
}

}  // namespace

std::variant<accepted_response, rejection> check_response(response_head const& head, bool head_request,
                                                          bool fly_fields) {
  accepted_response out;
  if (head.version != 10 && head.version != 11) return rejection{502, "version"};
  if (head.status < 100 || head.status > 599) return rejection{502, "status"};
  if (auto const bad = check_raw(head.raw)) return rejection{502, *bad};
  auto const seen = look_at(head.fields);
  if (seen.bad) return rejection{502, *seen.bad};
  auto const& connection = seen.connection;
  if (!connection.valid) return rejection{502, "connection"};
  out.keep_alive = !connection.close && (head.version == 11 || connection.keep_alive);
  if (auto const bad = check_framing(head, seen.framing, head_request, out)) return *bad;
  out.upgrade = head.status == 101;
  sort_fields(head, seen, fly_fields, out);
  if (out.upgrade && (!connection.upgrade || out.protocol.empty())) return rejection{502, "upgrade"};
  return out;
}

}  // namespace litefs
