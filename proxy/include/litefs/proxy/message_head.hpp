// From the bytes of a complete head to request_head or response_head, by Beast's parser.
//
// All views point into `raw`; nothing is copied. Beast guards the grammar, request_rules.hpp the policy. Pure
// functions, thread-safe. A head that is no HTTP is a rejection (400, 414, 431, 505; 502 for responses).
#pragma once

#include <cstddef>
#include <string_view>
#include <variant>

#include "litefs/request_rules.hpp"

namespace litefs::proxy {

// Finds the end of a head in bytes that arrive piece by piece, and a bare LF as soon as it arrives.
class head_scanner {
 public:
  enum class verdict : unsigned char { more, complete, bare_lf };
  // `bytes` is everything received since the first byte of the head.
  verdict scan(std::string_view bytes) noexcept;
  [[nodiscard]] std::size_t head_size() const noexcept { return line_start_; }  // when complete
  [[nodiscard]] bool first_line_seen() const noexcept { return line_start_ > 0; }

 private:
  std::size_t line_start_ = 0;
};

[[nodiscard]] std::variant<request_head, rejection> parse_request_head(std::string_view raw);
[[nodiscard]] std::variant<response_head, rejection> parse_response_head(std::string_view raw);

}  // namespace litefs::proxy
