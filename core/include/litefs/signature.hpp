// HMAC-SHA256 signatures under a list of secrets: the first signs, all verify, so that secrets can be rotated
// node by node.
//
// Each use has a key of its own, derived from every secret by HKDF-SHA256 with the use's label: a signature
// made for one purpose is never valid for another. Parts are length-prefixed before they are hashed, so no
// two lists of parts give the same bytes. Comparison is constant-time. Immutable, thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace litefs {

class keyring {
 public:
  // `label` names the use, e.g. "litefs hop 1". No secrets: sign() throws std::logic_error, verify() is
  // false.
  keyring(std::span<std::string const> secrets, std::string_view label);

  [[nodiscard]] std::string sign(std::span<std::string_view const> parts) const;  // 64 lower-case hex digits
  [[nodiscard]] bool verify(std::span<std::string_view const> parts, std::string_view mac) const noexcept;
  [[nodiscard]] bool empty() const noexcept { return keys_.empty(); }

 private:
  std::vector<std::array<std::uint8_t, 32>> keys_;
};

// `bytes` random bytes from the system as lower-case hex: nonces, boot ids.
[[nodiscard]] std::string random_hex(std::size_t bytes);

}  // namespace litefs
