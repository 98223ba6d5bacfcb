// The bytes around one piece of data in the chunked transfer coding. Values without allocation, thread-safe.
#pragma once

#include <array>
#include <charconv>
#include <string_view>

namespace litefs::proxy {

inline constexpr std::string_view chunk_end = "\r\n";
inline constexpr std::string_view last_chunk = "0\r\n\r\n";
inline constexpr std::string_view chunk_end_and_last = "\r\n0\r\n\r\n";

class chunk_begin {
 public:
  explicit chunk_begin(std::size_t size) noexcept {
    auto* end = std::to_chars(text_.data(), text_.data() + text_.size() - 2, size, 16).ptr;
    *end++ = '\r';
    *end++ = '\n';
    length_ = static_cast<std::size_t>(end - text_.data());
  }
  [[nodiscard]] std::string_view view() const noexcept { return {text_.data(), length_}; }

 private:
  std::array<char, 18> text_{};
  std::size_t length_ = 0;
};

}  // namespace litefs::proxy
