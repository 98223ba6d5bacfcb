#include "litefs/request_rules.hpp"

#include "head_rules.hpp"
#include "host_rules.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace litefs {
namespace {

using namespace head_rules;

using refusal = std::optional<rejection>;

constexpr std::array<std::string_view, 3> safe_methods{"GET", "HEAD", "OPTIONS"};
constexpr std::array<std::string_view, 4> write_methods{"POST", "PUT", "PATCH", "DELETE"};
// Losing one of these on the way would change what the request means.
constexpr std::array<std::string_view, 5> never_nominated{"host", "content-length", "transfer-encoding",
                                                          "cookie", "authorization"};

template <class List>
bool contains(List const& list, std::string_view text) {
  return std::ranges::find(list, text) != std::ranges::end(list);
}

refusal check_method(std::string_view method, rule_options const& options) {
  if (!is_token(method)) return rejection{400, "method"};
  if (method == "CONNECT" || method == "TRACE") return rejection{405, "method"};
  if (contains(safe_methods, method) || contains(write_methods, method) ||
      contains(options.extra_methods, method)) {
    return std::nullopt;
  }
  return rejection{501, "method"};
}

refusal check_target(request_head const& head, rule_options const& options, accepted_request& out) {
  if (head.target.size() > options.target_max) return rejection{414, "target-too-long"};
  bool const printable =
      std::ranges::all_of(head.target, [](char c) { return c > 0x20 && c < 0x7f && c != '#'; });
  if (head.target.empty() || !printable) return rejection{400, "target"};
  auto const target = split_target(head.target, head.method == "OPTIONS");
  if (!target) return rejection{400, "target"};
  out.host = target->authority;
  out.origin_target = target->origin;
  return std::nullopt;
}

refusal check_host(request_head const& head, survey const& seen, accepted_request& out) {
  auto const lines = seen.host_lines;
  if (lines > 1 || (lines == 0 && head.version == 11)) return rejection{400, "host"};
  if (lines == 1 && !valid_authority(seen.host)) return rejection{400, "host"};
  if (lines == 1 && !out.host.empty() && !iequals(out.host, seen.host))
    return rejection{400, "host-and-target-differ"};
  if (lines == 1) out.host = seen.host;
  return std::nullopt;
}

refusal check_framing(request_head const& head, framing_fields const& found, rule_options const& options,
                      accepted_request& out) {
  if (found.coding_lines > 0) {
    if (head.version == 10) return rejection{400, "te-in-http-1.0"};
    if (found.length_lines > 0) return rejection{400, "te-and-cl"};
    if (found.coding_lines > 1 || !found.chunked) return rejection{400, "transfer-encoding"};
    if (found.other_codings) return rejection{501, "transfer-encoding"};
    out.framing = {body_kind::chunked, 0};
  } else if (found.length_lines > 0) {
    if (found.length_lines > 1 || !found.length) return rejection{400, "content-length"};
    if (options.body_max != 0 && *found.length > options.body_max) return rejection{413, "body-too-long"};
    out.framing = {body_kind::length, *found.length};
  }
  if (out.safe) {
    if (out.framing.kind == body_kind::length && out.framing.length == 0) out.framing = {};
    if (out.framing.kind != body_kind::none && !options.body_on_safe_methods)
      return rejection{400, "body-on-safe-method"};
  }
  return std::nullopt;
}

// One name, with a version or without (RFC 9110 section 7.8). A protocol that carries HTTP is none: its
// requests would pass unjudged.
bool can_be_tunnelled(std::string_view protocol) {
  if (is(protocol, "h2c") || istarts_with(protocol, "http/")) return false;
  auto const slash = protocol.find('/');
  return is_token(protocol.substr(0, slash)) &&
         (slash == std::string_view::npos || is_token(protocol.substr(slash + 1)));
}

// Upgrade is honoured only when the request is unmistakable; else it is dropped.
void judge_upgrade(request_head const& head, survey const& seen, accepted_request& out) {
  bool const empty = out.framing.kind != body_kind::chunked && out.framing.length == 0;
  if (seen.upgrade_lines == 1 && seen.connection.upgrade && head.version == 11 && empty &&
      can_be_tunnelled(seen.upgrade))
    out.upgrade = seen.upgrade;
}

refusal check_max_forwards(std::string_view value, accepted_request& out) {
  std::uint64_t hops = 0;
  auto const [stop, error] = std::from_chars(value.data(), value.data() + value.size(), hops);
  if (error != std::errc{} || stop != value.data() + value.size() || out.max_forwards)
    return rejection{400, "max-forwards"};
  out.max_forwards = hops;
  return std::nullopt;
}

refusal check_expect(std::string_view value, accepted_request& out) {
  if (!is(value, "100-continue")) return rejection{417, "expect"};
  if (out.framing.kind != body_kind::none) out.expect_continue = true;
  return std::nullopt;
}

refusal sort_fields(request_head const& head, survey const& seen, accepted_request& out) {
  int positions = 0;
  int hops = 0;
  bool const options = head.method == "OPTIONS";
  bool const nominates = !seen.connection.nominated.empty();
  out.forward.reserve(head.fields.size());
  for (std::size_t i = 0; i < head.fields.size(); ++i) {
    auto const& field = head.fields[i];
    auto const m = seen.fields[i].meaning;
    if (m == meaning::expect && head.version == 11)
      if (auto const bad = check_expect(field.value, out)) return bad;
    if (m == meaning::method_override) out.safe = false;
    if (seen.fields[i].underscored || (nominates && seen.connection.nominates(field.name))) continue;
    if (m == meaning::litefs_position) {
      out.position = ++positions == 1 ? field.value : "";
    } else if (m == meaning::litefs_hop) {
      ++hops;
      out.hop = field.value;
    } else if (m == meaning::max_forwards && options) {
      if (auto const bad = check_max_forwards(field.value, out)) return bad;
    } else if (m == meaning::from_proxies || m == meaning::fly) {
      out.forwarded.push_back(field);
    } else if (m != meaning::host && !of_this_hop(m) && !of_litefs(m)) {
      if (m == meaning::cookie) out.cookies.push_back(field.value);
      out.forward.push_back(field);
    }
  }
  if (!out.cookies.empty()) out.cookie = out.cookies.front();
  // A hop is refused or believed, never stripped: what could hide one is refused.
  if (hops > 1 || (hops == 1 && out.hop.empty()) || seen.connection.nominates("litefs-hop"))
    return rejection{400, "hop"};
  return std::nullopt;
}

}  // namespace

std::variant<accepted_request, rejection> check_request(request_head const& head,
                                                        rule_options const& options) {
  accepted_request out;
  if (head.version != 10 && head.version != 11) return rejection{505, "version"};
  if (auto const bad = check_raw(head.raw)) return rejection{400, *bad};
  if (auto const bad = check_method(head.method, options)) return *bad;
  if (auto const bad = check_target(head, options, out)) return *bad;
  if (head.fields.size() > options.headers_max) return rejection{431, "too-many-fields"};
  auto const seen = look_at(head.fields);
  if (seen.bad) return rejection{400, *seen.bad};
  if (auto const bad = check_host(head, seen, out)) return *bad;
  bool const nominates =
      std::ranges::any_of(never_nominated, [&](auto n) { return seen.connection.nominates(n); });
  if (!seen.connection.valid || nominates) return rejection{400, "connection"};
  out.safe = contains(safe_methods, head.method);
  if (auto const bad = check_framing(head, seen.framing, options, out)) return *bad;

  out.keep_alive = head.version == 11 && !seen.connection.close;
  out.head = head.method == "HEAD";
  judge_upgrade(head, seen, out);
  if (auto const bad = sort_fields(head, seen, out)) return *bad;
  return out;
}

}  // namespace litefs
