#include "litefs/hostname.hpp"

#include <algorithm>

namespace litefs {
namespace {

constexpr std::size_t hostname_max = 253;  // RFC 1035

bool alphanumeric(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

}  // namespace

bool valid_hostname(std::string_view text) noexcept {
  return !text.empty() && text.size() <= hostname_max && alphanumeric(text.front()) &&
         std::ranges::all_of(text,
                             [](char c) { return alphanumeric(c) || c == '-' || c == '.' || c == '_'; });
}

}  // namespace litefs
