#include "head_rules.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace litefs {
namespace {

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool alphanumeric(char c) noexcept { return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z'); }

// 1*DIGIT without wrap-around; leading zeros are harmless since we write the number anew.
std::optional<std::uint64_t> parse_length(std::string_view text) noexcept {
  std::uint64_t value = 0;
  char const* const end = text.data() + text.size();
  auto const [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

}  // namespace

bool iequals(std::string_view a, std::string_view b) noexcept {
  return std::ranges::equal(a, b, {}, lower, lower);
}

namespace head_rules {

bool is_token(std::string_view text) noexcept {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return alphanumeric(c) || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

bool istarts_with(std::string_view text, std::string_view prefix) noexcept {
  return text.size() >= prefix.size() && iequals(text.substr(0, prefix.size()), prefix);
}

std::string_view trim(std::string_view text) noexcept {
  auto const first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

verdict check_raw(std::string_view raw) noexcept {
  for (std::size_t i = 0; i < raw.size(); ++i) {
    bool const cr_before = i > 0 && raw[i - 1] == '\r';
    if (raw[i] == '\0') return "nul";
    if ((raw[i] == '\n') != cr_before) return "bare-cr-or-lf";
    if (raw[i] == '\n' && i + 1 < raw.size() && (raw[i + 1] == ' ' || raw[i + 1] == '\t'))
      return "folded-line";
  }
  if (raw.ends_with('\r')) return "bare-cr-or-lf";
  return std::nullopt;
}

verdict check_fields(std::vector<header_field> const& fields) noexcept {
  for (auto const& [name, value] : fields) {
    if (!is_token(name)) return "field-name";
    bool const clean = std::ranges::none_of(
        value, [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; });
    if (!clean) return "field-value";
  }
  return std::nullopt;
}

bool connection_options::nominates(std::string_view name) const noexcept {
  return std::ranges::any_of(nominated, [name](auto n) { return iequals(n, name); });
}

connection_options read_connection(std::vector<header_field> const& fields) {
  connection_options options;
  for (auto const& [name, value] : fields) {
    if (!iequals(name, "connection")) continue;
    for_each_element(value, [&options](std::string_view option) {
      if (!is_token(option)) options.valid = false;
      if (iequals(option, "close"))
        options.close = true;
      else if (iequals(option, "keep-alive"))
        options.keep_alive = true;
      else if (iequals(option, "upgrade"))
        options.upgrade = true;
      else
        options.nominated.push_back(option);
    });
  }
  return options;
}

framing_fields read_framing(std::vector<header_field> const& fields) {
  framing_fields found;
  for (auto const& [name, value] : fields) {
    if (iequals(name, "content-length")) {
      ++found.length_lines;
      found.length = parse_length(value);
    }
    if (!iequals(name, "transfer-encoding")) continue;
    ++found.coding_lines;
    bool repeated = false;
    for_each_element(value, [&](std::string_view coding) {
      repeated |= found.chunked;  // nothing may follow `chunked`, not even itself
      found.chunked = iequals(coding, "chunked");
      found.other_codings |= !found.chunked;
    });
    found.chunked &= !repeated;
  }
  return found;
}

bool hop_by_hop(std::string_view name) noexcept {
  constexpr std::array<std::string_view, 11> names{"connection",
                                                   "keep-alive",
                                                   "proxy-connection",
                                                   "te",
                                                   "upgrade",
                                                   "proxy-authorization",
                                                   "trailer",
                                                   "transfer-encoding",
                                                   "proxy-authenticate",
                                                   "content-length",
                                                   "expect"};
  return std::ranges::any_of(names, [name](auto n) { return iequals(n, name); });
}

}  // namespace head_rules
}  // namespace litefs
