// What the fuzz targets share: a property that must hold for every input, and inputs that are cut in two.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace litefs::fuzz {

inline void require(bool holds) {
  if (!holds) std::abort();
}

inline std::string_view text(std::uint8_t const* data, std::size_t size) {
  return {reinterpret_cast<char const*>(data), size};
}

// The first byte says where the rest is cut.
struct cut_input {
  explicit cut_input(std::string_view input) {
    if (input.empty()) return;
    whole = input.substr(1);
    at = whole.empty() ? 0 : static_cast<std::uint8_t>(input[0]) % (whole.size() + 1);
  }
  std::string_view whole;
  std::size_t at = 0;
};

}  // namespace litefs::fuzz
