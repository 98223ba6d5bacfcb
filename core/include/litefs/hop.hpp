// The signed hop between two litefs-proxies: request header `litefs-hop`, response header
// `litefs-not-executed`.
//
// `litefs-hop: 1;from=<hostname>;to=<hostname>;boot=<receiver's boot id or ->;n=<nonce>;mac=<64 hex>`. The
// mac covers from, to, boot, nonce and what the request asks for (hop_subject), so neither a replay at
// another node nor another body length or target passes. No wall clock: a receiver's boot id changes at each
// start, its table of nonces is bounded. `boot=-` means the sender does not know it yet: the receiver answers
// not-executed `restarted` with its boot id, and the sender signs once more. `litefs-not-executed:
// <reason>;boot=<receiver's boot id>;mac=<64 hex>` on a 503 proves, under the hop's own mac, that the request
// was not executed and may be sent elsewhere. Values are thread-safe, nonce_table is not (guard it).
#pragma once

#include "litefs/error.hpp"
#include "litefs/signature.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>

namespace litefs {

struct hop_subject {
  std::string_view method;
  std::string_view target;
  std::string_view host;
  std::string_view length;     // "chunked", the decimal Content-Length, or "0"
  std::string_view forwarded;  // the X-Forwarded-For, -Proto and -Host values we send, joined by newlines
  std::string_view proxied{};  // the value of our `litefs-proxied`, "" without
};

struct hop {
  std::string from;
  std::string to;
  std::string boot;  // "-" if unknown
  std::string nonce;
  std::string mac;
};

inline constexpr std::string_view unknown_boot = "-";

[[nodiscard]] std::string make_hop(keyring const& keys, hop const& h,
                                   hop_subject const& subject);  // ignores h.mac
// Grammar only. errc::bad_hop.
[[nodiscard]] result<hop> parse_hop(std::string_view header);
// True if the mac is ours. Which node, boot and nonce are the receiver's to judge (see accept_hop).
[[nodiscard]] bool verify_hop(keyring const& keys, hop const& h, hop_subject const& subject);

// Bounded memory of nonces of this boot: refuses when full, since forgetting one would allow a replay.
class nonce_table {
 public:
  explicit nonce_table(std::size_t capacity = 1 << 20) : capacity_(capacity) {}
  // errc::hop_replayed if seen before, errc::nonce_table_full when there is no room.
  result<void> insert(std::string_view nonce);

 private:
  std::size_t capacity_;
  std::unordered_set<std::string> seen_;
};

// A verified hop, judged by its receiver: errc::bad_hop if it is not for us, errc::hop_restarted if it was
// signed for another boot (or an unknown one), else the nonce's errors. Remembers the nonce.
[[nodiscard]] result<void> accept_hop(hop const& h, std::string_view own_hostname, std::string_view own_boot,
                                      nonce_table& nonces);

struct not_executed {
  std::string reason;  // restarted, not-primary, handoff, draining, nonce-table-full, ...: [a-z-]+
  std::string boot;
  std::string mac;
};
[[nodiscard]] std::string make_not_executed(keyring const& keys, std::string_view hop_mac,
                                            std::string_view reason, std::string_view boot);
// Returns errc::bad_signature unless the mac covers exactly this hop. Anything else must count as executed.
[[nodiscard]] result<not_executed> verify_not_executed(keyring const& keys, std::string_view hop_mac,
                                                       std::string_view header);

}  // namespace litefs
