#include "head_rules.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace litefs {
namespace {

// By character: may it stand in a token (RFC 9110 section 5.6.2), in the value of a field?
struct character_classes {
  std::array<bool, 256> token{};
  std::array<bool, 256> value{};
};

constexpr character_classes classify() {
  character_classes classes;
  for (std::size_t c = 0; c < 256; ++c) {
    bool const alphanumeric = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    constexpr std::string_view others("!#$%&'*+-.^_`|~");
    classes.token[c] = alphanumeric || others.find(static_cast<char>(c)) != std::string_view::npos;
    classes.value[c] = (c >= 0x20 || c == '\t') && c != 0x7f;
  }
  return classes;
}
constexpr auto classes = classify();

bool all_in(std::array<bool, 256> const& set, std::string_view text) noexcept {
  return std::ranges::all_of(text, [&set](char c) { return set[static_cast<unsigned char>(c)]; });
}

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
  if (a.size() != b.size()) return false;
  auto const lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
  for (std::size_t i = 0; i < a.size(); ++i)
    if (a[i] != b[i] && lower(a[i]) != lower(b[i])) return false;
  return true;
}

namespace head_rules {

bool is_token(std::string_view text) noexcept { return !text.empty() && all_in(classes.token, text); }

std::string_view trim(std::string_view text) noexcept {
  auto const first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

verdict check_raw(std::string_view raw) noexcept {
  constexpr auto none = std::string_view::npos;
  if (raw.find('\0') != none) return "nul";
  for (auto cr = raw.find('\r'); cr != none; cr = raw.find('\r', cr + 2)) {
    if (raw.substr(cr + 1, 1) != "\n") return "bare-cr-or-lf";
    if (auto const next = raw.substr(cr + 2, 1); next == " " || next == "\t") return "folded-line";
  }
  for (auto lf = raw.find('\n'); lf != none; lf = raw.find('\n', lf + 1))
    if (lf == 0 || raw[lf - 1] != '\r') return "bare-cr-or-lf";
  return std::nullopt;
}

verdict check_fields(std::vector<header_field> const& fields) noexcept {
  for (auto const& [name, value] : fields) {
    if (!is_token(name)) return "field-name";
    if (!all_in(classes.value, value)) return "field-value";
  }
  return std::nullopt;
}

bool connection_options::nominates(std::string_view name) const noexcept {
  return std::ranges::any_of(nominated, [name](auto n) { return iequals(n, name); });
}

connection_options read_connection(std::vector<header_field> const& fields) {
  connection_options options;
  for (auto const& [name, value] : fields) {
    if (!is(name, "connection")) continue;
    for_each_element(value, [&options](std::string_view option) {
      if (!is_token(option)) options.valid = false;
      if (is(option, "close"))
        options.close = true;
      else if (is(option, "keep-alive"))
        options.keep_alive = true;
      else if (is(option, "upgrade"))
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
    if (is(name, "content-length")) {
      ++found.length_lines;
      found.length = parse_length(value);
    }
    if (!is(name, "transfer-encoding")) continue;
    ++found.coding_lines;
    bool repeated = false;
    for_each_element(value, [&](std::string_view coding) {
      repeated |= found.chunked;  // nothing may follow `chunked`, not even itself
      found.chunked = is(coding, "chunked");
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
  return std::ranges::any_of(names, [name](auto n) { return is(name, n); });
}

}  // namespace head_rules
}  // namespace litefs
