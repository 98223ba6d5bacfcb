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
constexpr std::array<std::string_view, 3> method_overrides{"x-http-method-override", "x-http-method",
                                                           "x-method-override"};
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

refusal check_host(request_head const& head, accepted_request& out) {
  int lines = 0;
  std::string_view host;
  for (auto const& [name, value] : head.fields) {
    if (!iequals(name, "host")) continue;
    ++lines;
    host = value;
  }
  if (lines > 1 || (lines == 0 && head.version == 11)) return rejection{400, "host"};
  if (lines == 1 && !valid_authority(host)) return rejection{400, "host"};
  if (lines == 1 && !out.host.empty() && !iequals(out.host, host))
    return rejection{400, "host-and-target-differ"};
  if (lines == 1) out.host = host;
  return std::nullopt;
}

refusal check_framing(request_head const& head, rule_options const& options, accepted_request& out) {
  auto const found = read_framing(head.fields);
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
  if (contains(safe_methods, head.method)) {
    if (out.framing.kind == body_kind::length && out.framing.length == 0) out.framing = {};
    if (out.framing.kind != body_kind::none && !options.body_on_safe_methods)
      return rejection{400, "body-on-safe-method"};
  }
  return std::nullopt;
}

// Upgrade is honoured for what we can tunnel and only when the request is unmistakable; else it is dropped.
void judge_upgrade(request_head const& head, connection_options const& connection, accepted_request& out) {
  auto const is_upgrade = [](header_field const& f) { return iequals(f.name, "upgrade"); };
  auto const found = std::ranges::find_if(head.fields, is_upgrade);
  if (found == head.fields.end() || std::ranges::count_if(head.fields, is_upgrade) != 1) return;
  if (connection.upgrade && head.version == 11 && head.method == "GET" &&
      out.framing.kind == body_kind::none && iequals(found->value, "websocket")) {
    out.upgrade = found->value;
  }
}

bool believed_from_proxies_only(std::string_view name) noexcept {
  return istarts_with(name, "x-forwarded-") || istarts_with(name, "fly-") || iequals(name, "forwarded") ||
         iequals(name, "x-real-ip");
}

refusal check_max_forwards(request_head const& head, std::string_view value, accepted_request& out) {
  if (head.method != "OPTIONS") return std::nullopt;
  std::uint64_t hops = 0;
  auto const [stop, error] = std::from_chars(value.data(), value.data() + value.size(), hops);
  if (error != std::errc{} || stop != value.data() + value.size() || out.max_forwards)
    return rejection{400, "max-forwards"};
  out.max_forwards = hops;
  return std::nullopt;
}

// Takes out what means something to us; true if the field is not to be passed on.
bool read_own(header_field const& field, accepted_request& out, int& positions, int& hops) {
  auto const& [name, value] = field;
  if (iequals(name, "litefs-position")) out.position = ++positions == 1 ? value : "";
  if (iequals(name, "litefs-hop")) {
    ++hops;
    out.hop = value;
  }
  if (iequals(name, "cookie")) out.cookies.push_back(value);
  return istarts_with(name, "litefs-") || iequals(name, "host") || hop_by_hop(name);
}

refusal sort_fields(request_head const& head, connection_options const& connection, accepted_request& out) {
  int positions = 0;
  int hops = 0;
  out.forward.reserve(head.fields.size());
  for (auto const& field : head.fields) {
    auto const& [name, value] = field;
    bool const expect = iequals(name, "expect") && head.version == 11;
    if (expect && !iequals(value, "100-continue")) return rejection{417, "expect"};
    if (expect && out.framing.kind != body_kind::none) out.expect_continue = true;
    if (std::ranges::any_of(method_overrides, [&field](auto n) { return iequals(n, field.name); }))
      out.safe = false;
    // WSGI reads '-' and '_' as one, so an underscore could smuggle in any name that we strip.
    if (name.find('_') != std::string_view::npos || connection.nominates(name)) continue;
    if (read_own(field, out, positions, hops)) continue;
    if (head.method == "OPTIONS" && iequals(name, "max-forwards")) {
      if (auto const bad = check_max_forwards(head, value, out)) return bad;
    } else if (believed_from_proxies_only(name)) {
      out.forwarded.push_back(field);
    } else {
      out.forward.push_back(field);
    }
  }
  if (!out.cookies.empty()) out.cookie = out.cookies.front();
  // A hop is refused or believed, never stripped: what could hide one is refused.
  if (hops > 1 || (hops == 1 && out.hop.empty()) || connection.nominates("litefs-hop"))
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
  if (auto const bad = check_fields(head.fields)) return rejection{400, *bad};
  if (auto const bad = check_host(head, out)) return *bad;
  auto const connection = read_connection(head.fields);
  bool const nominates =
      std::ranges::any_of(never_nominated, [&](auto n) { return connection.nominates(n); });
  if (!connection.valid || nominates) return rejection{400, "connection"};
  if (auto const bad = check_framing(head, options, out)) return *bad;

  out.keep_alive = head.version == 11 && !connection.close;
  out.safe = contains(safe_methods, head.method);
  out.head = head.method == "HEAD";
  judge_upgrade(head, connection, out);
  if (auto const bad = sort_fields(head, connection, out)) return *bad;
  return out;
}

}  // namespace litefs
