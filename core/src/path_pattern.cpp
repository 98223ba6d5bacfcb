#include "litefs/path_pattern.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace litefs {
namespace {

// The byte that "%41" stands for, or -1.
int percent_byte(std::string_view escape) noexcept {
  if (escape.size() < 3) return -1;
  std::uint8_t byte = 0;
  auto const [stop, error] = std::from_chars(escape.data() + 1, escape.data() + 3, byte, 16);
  return error == std::errc{} && stop == escape.data() + 3 ? byte : -1;
}

// Bytes that programs disagree on when they are percent-encoded in a path.
bool ambiguous_when_encoded(int byte) noexcept {
  return byte < 0x20 || byte == 0x7f ||
         std::string_view(R"(/\.;?#%)").find(static_cast<char>(byte)) != std::string_view::npos;
}

bool ambiguous_segments(std::string_view path) noexcept {
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    auto const slash = std::min(path.find('/'), path.size());
    auto const segment = path.substr(0, slash);
    if (segment == "." || segment == "..") return true;
    if (segment.empty() && slash < path.size()) return true;
    path.remove_prefix(slash);
  }
  return false;
}

}  // namespace

canonical_path canonicalise(std::string_view target) {
  auto const raw = target.substr(0, target.find('?'));
  if (raw == "*") return {"*", false};
  canonical_path result;
  result.path.reserve(raw.size());
  result.ambiguous = !raw.starts_with('/');
  for (std::size_t i = 0; i < raw.size(); ++i) {
    char const c = raw[i];
    if (c != '%') {
      auto const byte = static_cast<unsigned char>(c);
      if (byte <= 0x20 || byte >= 0x7f || c == ';' || c == '\\' || c == '#') result.ambiguous = true;
      result.path += c;
      continue;
    }
    int const byte = percent_byte(raw.substr(i));
    if (byte < 0 || ambiguous_when_encoded(byte)) {
      result.ambiguous = true;
      result.path += c;
      continue;
    }
    i += 2;
    if (byte > 0x20 && byte < 0x7f) {
      result.path += static_cast<char>(byte);
    } else {  // a space or UTF-8: stays encoded, in upper case
      constexpr std::string_view hex = "0123456789ABCDEF";
      result.path +=
          {'%', hex[static_cast<std::size_t>(byte >> 4)], hex[static_cast<std::size_t>(byte & 15)]};
    }
  }
  if (!result.ambiguous) result.ambiguous = ambiguous_segments(result.path);
  return result;
}

bool path_pattern::matches(std::string_view path) const noexcept {
  std::string_view const pattern = pattern_;
  std::size_t p = 0;
  std::size_t s = 0;
  std::size_t star = std::string_view::npos;  // the last '*' seen, and where its run in the path may end next
  std::size_t resume = 0;
  while (s < path.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = s;
    } else if (p < pattern.size() && pattern[p] == path[s]) {
      ++p;
      ++s;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      s = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

bool matches_any(std::vector<path_pattern> const& patterns, std::string_view path) noexcept {
  return std::ranges::any_of(patterns, [path](auto const& p) { return p.matches(path); });
}

}  // namespace litefs
