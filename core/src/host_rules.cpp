#include "host_rules.hpp"

#include "head_rules.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace litefs {
namespace {

constexpr std::size_t host_max = 255;

bool hex_digit(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool valid_port(std::string_view text) noexcept {
  std::uint16_t port = 0;
  auto const [stop, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc{} && stop == text.data() + text.size();
}

}  // namespace

bool valid_authority(std::string_view text) noexcept {
  std::string_view host;
  if (text.starts_with('[')) {
    auto const close = text.find(']');
    if (close == std::string_view::npos) return false;
    host = text.substr(1, close - 1);
    text.remove_prefix(close + 1);
    if (host.find(':') == std::string_view::npos) return false;
    if (!std::ranges::all_of(host, [](char c) { return hex_digit(c) || c == ':' || c == '.'; })) return false;
  } else {
    auto const end = std::min(text.find(':'), text.size());
    host = text.substr(0, end);
    text.remove_prefix(end);
    auto const allowed = [](char c) {
      return hex_digit(c) || (c >= 'g' && c <= 'z') || (c >= 'G' && c <= 'Z') || c == '-' || c == '.' ||
             c == '_' || c == '~';
    };
    if (!std::ranges::all_of(host, allowed)) return false;
  }
  if (host.empty() || host.size() > host_max) return false;
  return text.empty() || (text.front() == ':' && valid_port(text.substr(1)));
}

std::optional<split_request_target> split_target(std::string_view target, bool options_method) noexcept {
  if (target.starts_with('/')) return split_request_target{"", target};
  if (target == "*" && options_method) return split_request_target{"", target};
  std::size_t scheme = 0;
  if (head_rules::istarts_with(target, "http://")) scheme = 7;
  if (head_rules::istarts_with(target, "https://")) scheme = 8;
  if (scheme == 0) return std::nullopt;
  auto const rest = target.substr(scheme);
  auto const end = std::min(rest.find_first_of("/?"), rest.size());
  auto const authority = rest.substr(0, end);
  if (!valid_authority(authority)) return std::nullopt;
  if (end == rest.size()) return split_request_target{authority, options_method ? "*" : "/"};
  if (rest[end] == '?') return std::nullopt;  // "/?…" would have to be made up: nobody sends it
  return split_request_target{authority, rest.substr(end)};
}

}  // namespace litefs
