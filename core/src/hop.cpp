#include "litefs/hop.hpp"

#include "litefs/hostname.hpp"

#include <algorithm>
#include <array>

namespace litefs {
namespace {

constexpr std::size_t token_max = 64;  // of a boot id or a nonce

bool valid_token(std::string_view text) noexcept {
  return !text.empty() && text.size() <= token_max && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
  });
}

bool valid_mac(std::string_view text) noexcept {
  return text.size() == 64 &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool valid_reason(std::string_view text) noexcept {
  return !text.empty() && text.size() <= token_max &&
         std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; });
}

// Takes "<prefix>value" up to the next ';' off the front; empty if it does not start so.
std::string_view take(std::string_view& text, std::string_view prefix) noexcept {
  if (!text.starts_with(prefix)) return {};
  auto const end = std::min(text.find(';', prefix.size()), text.size());
  auto const value = text.substr(prefix.size(), end - prefix.size());
  text.remove_prefix(end);
  return value;
}

// The leading literal keeps hops and markers apart even under one key.
std::array<std::string_view, 11> signed_parts(hop const& h, hop_subject const& s) noexcept {
  return {"hop 1",  h.from, h.to,     h.boot,      h.nonce,  s.method,
          s.target, s.host, s.length, s.forwarded, s.proxied};
}

std::array<std::string_view, 4> signed_parts(std::string_view hop_mac, std::string_view reason,
                                             std::string_view boot) noexcept {
  return {"not-executed 1", hop_mac, reason, boot};
}

}  // namespace

std::string make_hop(keyring const& keys, hop const& h, hop_subject const& subject) {
  return "1;from=" + h.from + ";to=" + h.to + ";boot=" + h.boot + ";n=" + h.nonce +
         ";mac=" + keys.sign(signed_parts(h, subject));
}

result<hop> parse_hop(std::string_view header) {
  if (take(header, "") != "1") return errc::bad_hop;
  auto const from = take(header, ";from=");
  auto const to = take(header, ";to=");
  auto const boot = take(header, ";boot=");
  auto const nonce = take(header, ";n=");
  auto const mac = take(header, ";mac=");
  if (!header.empty() || !valid_hostname(from) || !valid_hostname(to) || !valid_token(boot) ||
      !valid_token(nonce) || !valid_mac(mac)) {
    return errc::bad_hop;
  }
  return hop{std::string(from), std::string(to), std::string(boot), std::string(nonce), std::string(mac)};
}

bool verify_hop(keyring const& keys, hop const& h, hop_subject const& subject) {
  return keys.verify(signed_parts(h, subject), h.mac);
}

result<void> accept_hop(hop const& h, std::string_view own_hostname, std::string_view own_boot,
                        nonce_table& nonces) {
  if (h.to != own_hostname) return errc::bad_hop;
  if (h.boot != own_boot) return errc::hop_restarted;
  return nonces.insert(h.nonce);
}

result<void> nonce_table::insert(std::string_view nonce) {
  std::string value(nonce);
  if (seen_.contains(value)) return errc::hop_replayed;
  if (seen_.size() >= capacity_) return errc::nonce_table_full;
  seen_.insert(std::move(value));
  return {};
}

std::string make_not_executed(keyring const& keys, std::string_view hop_mac, std::string_view reason,
                              std::string_view boot) {
  std::string text(reason);
  text += ";boot=";
  text += boot;
  return text + ";mac=" + keys.sign(signed_parts(hop_mac, reason, boot));
}

result<not_executed> verify_not_executed(keyring const& keys, std::string_view hop_mac,
                                         std::string_view header) {
  auto const reason = take(header, "");
  auto const boot = take(header, ";boot=");
  auto const mac = take(header, ";mac=");
  if (!header.empty() || !valid_reason(reason) || !valid_token(boot) || !valid_mac(mac) ||
      !keys.verify(signed_parts(hop_mac, reason, boot), mac)) {
    return errc::bad_signature;
  }
  return not_executed{std::string(reason), std::string(boot), std::string(mac)};
}

}  // namespace litefs
