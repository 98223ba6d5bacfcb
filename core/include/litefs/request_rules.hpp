// What a strict HTTP/1.1 proxy accepts, judged on a parsed head: framing, target, Host, hop-by-hop fields.
//
// Beast is a parser, not a policy; this is the policy (RFC 9110, RFC 9112), allow-lists rather than
// deny-lists. Views point into the caller's buffer and live as long as it. Pure functions, thread-safe. A
// rejection carries the status to answer with; the connection closes after it and nothing reaches any
// upstream.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace litefs {

struct header_field {
  std::string_view name;
  std::string_view value;
};

enum class body_kind : std::uint8_t { none, length, chunked, until_close };  // until_close: responses only

struct framing {
  body_kind kind = body_kind::none;
  std::uint64_t length = 0;
};

struct rejection {
  int status = 400;
  std::string_view reason;  // for the access log, e.g. "te-and-cl"; a literal
};

struct request_head {
  std::string_view method;
  std::string_view target;
  int version = 11;  // 10 or 11
  std::vector<header_field> fields;
  std::string_view
      raw;  // the whole head as received, for rules about bytes that a parser smooths over (obs-fold)
};

struct rule_options {
  std::vector<std::string> extra_methods;
  bool body_on_safe_methods = false;
  std::uint64_t body_max = 1ULL << 30;  // 0: no limit
  std::size_t headers_max = 100;
  std::size_t target_max = 8192;
  bool operator==(rule_options const&) const = default;
};

struct accepted_request {
  litefs::framing framing;
  bool keep_alive = true;
  bool safe = false;  // GET, HEAD, OPTIONS without a method override
  bool head = false;  // the response has no body
  bool expect_continue = false;
  std::string_view upgrade;        // protocol asked for (Connection: upgrade present), else empty
  std::string_view host;           // canonical authority (absolute-form's wins)
  std::string_view origin_target;  // target in origin form: what is forwarded
  std::string_view cookie;  // Cookie header, "" if none (several are joined by the caller: see cookies)
  std::vector<std::string_view> cookies;
  std::string_view position;  // litefs-position request header, "" if none
  std::string_view hop;       // litefs-hop header, "" if none
  // OPTIONS only: 0 is answered by ourselves, anything else goes on as one less (it is not in `forward`).
  std::optional<std::uint64_t> max_forwards;
  // End-to-end fields to pass on: no hop-by-hop, litefs-*, framing, Host, no names with underscores, none of
  // `forwarded`.
  std::vector<header_field> forward;
  // X-Forwarded-*, Forwarded, X-Real-IP, Fly-*: passed on only if a trusted proxy or a verified hop sent
  // them.
  std::vector<header_field> forwarded;
};

[[nodiscard]] std::variant<accepted_request, rejection> check_request(request_head const& head,
                                                                      rule_options const& options);

struct response_head {
  int status = 0;
  int version = 11;
  std::vector<header_field> fields;
  std::string_view raw;
};

struct accepted_response {
  litefs::framing framing;
  bool keep_alive = true;
  std::string_view committed;      // litefs-committed, "" if none
  std::string_view replay;         // litefs-replay, "" if none
  std::string_view not_executed;   // litefs-not-executed, "" if none
  std::string_view ack;            // litefs-ack, "" if none
  std::string_view cache_control;  // the first of them
  bool cache_shared = false;       // some Cache-Control says public or s-maxage
  bool cache_unshared = false;     // some Cache-Control says private or no-store
  bool upgrade = false;            // 101
  std::string_view protocol;       // of a 101
  std::optional<std::uint64_t>
      announced_length;  // HEAD, 304: Content-Length to repeat, though no body follows
  std::vector<header_field>
      forward;  // end-to-end fields: no hop-by-hop, no litefs-*, no framing, fly-* if allowed
};

// `head_request`: the request was HEAD. `fly_fields`: what Fly's proxy acts on may come from the app. Returns
// a rejection (status 502) for a response that could be read in two ways.
[[nodiscard]] std::variant<accepted_response, rejection> check_response(response_head const& head,
                                                                        bool head_request,
                                                                        bool fly_fields = false);

[[nodiscard]] bool iequals(std::string_view a, std::string_view b) noexcept;  // ASCII

}  // namespace litefs
