#include "head_rules.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace litefs {
namespace {

// By character: may it stand in a token (RFC 9110 section 5.6.2), and is it the one that WSGI mistakes?
enum : std::uint8_t { in_token = 0, no_token = 1, underscore = 2 };

constexpr std::array<std::uint8_t, 256> classify() {
  std::array<std::uint8_t, 256> classes{};
  for (std::size_t c = 0; c < 256; ++c) {
    bool const alphanumeric = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    constexpr std::string_view others("!#$%&'*+-.^`|~");
    bool const token = alphanumeric || others.find(static_cast<char>(c)) != std::string_view::npos;
    classes[c] = c == '_' ? underscore : token ? in_token : no_token;
  }
  return classes;
}
constexpr auto classes = classify();

std::uint8_t classes_in(std::string_view text) noexcept {
  std::uint8_t found = 0;
  for (char const c : text) found |= classes[static_cast<unsigned char>(c)];
  return found;
}

using word = std::uint64_t;  // eight characters at once
constexpr word each = 0x0101010101010101;

word load(char const* from) noexcept {
  word bytes = 0;
  std::memcpy(&bytes, from, sizeof bytes);
  return bytes;
}

// False if no character below a space and no DEL is among them.
bool may_control(word bytes) noexcept {
  auto const del = bytes ^ (each * 0x7f);
  return ((((bytes - each * 0x20) & ~bytes) | ((del - each) & ~del)) & (each * 0x80)) != 0;
}

bool in_value(char c) noexcept { return (static_cast<unsigned char>(c) >= 0x20 || c == '\t') && c != 0x7f; }

bool is_value(std::string_view text) noexcept {
  for (; text.size() >= sizeof(word); text.remove_prefix(sizeof(word)))
    if (may_control(load(text.data())) && !std::ranges::all_of(text.substr(0, sizeof(word)), in_value))
      return false;
  return std::ranges::all_of(text, in_value);
}

// 1*DIGIT without wrap-around; leading zeros are harmless since we write the number anew.
std::optional<std::uint64_t> parse_length(std::string_view text) noexcept {
  std::uint64_t value = 0;
  char const* const end = text.data() + text.size();
  auto const [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

struct known_name {
  std::string_view text;
  head_rules::meaning meaning;
};

// Of tokens, against letters and '-' alone: there one bit is all the difference between the cases.
bool is_named(std::string_view token, std::string_view known) noexcept {
  constexpr word lower = each * 0x20;
  auto const n = known.size();
  if ((token.front() | 0x20) != known.front()) return false;
  if (n < 8) return head_rules::is(token, known);
  for (std::size_t i = 0; i + 8 < n; i += 8)
    if ((load(token.data() + i) | lower) != load(known.data() + i)) return false;
  return (load(token.data() + n - 8) | lower) == load(known.data() + n - 8);
}

using head_rules::meaning;
constexpr std::array known_names{
    known_name{"te", meaning::hop_by_hop},
    known_name{"host", meaning::host},
    known_name{"cookie", meaning::cookie},
    known_name{"expect", meaning::expect},
    known_name{"upgrade", meaning::upgrade},
    known_name{"trailer", meaning::hop_by_hop},
    known_name{"x-real-ip", meaning::from_proxies},
    known_name{"forwarded", meaning::from_proxies},
    known_name{"connection", meaning::connection},
    known_name{"keep-alive", meaning::hop_by_hop},
    known_name{"litefs-hop", meaning::litefs_hop},
    known_name{"litefs-ack", meaning::litefs_ack},
    known_name{"content-type", meaning::content_type},
    known_name{"max-forwards", meaning::max_forwards},
    known_name{"cache-control", meaning::cache_control},
    known_name{"x-http-method", meaning::method_override},
    known_name{"litefs-replay", meaning::litefs_replay},
    known_name{"content-length", meaning::content_length},
    known_name{"litefs-position", meaning::litefs_position},
    known_name{"proxy-connection", meaning::hop_by_hop},
    known_name{"litefs-committed", meaning::litefs_committed},
    known_name{"transfer-encoding", meaning::transfer_encoding},
    known_name{"x-method-override", meaning::method_override},
    known_name{"proxy-authenticate", meaning::hop_by_hop},
    known_name{"proxy-authorization", meaning::hop_by_hop},
    known_name{"litefs-not-executed", meaning::litefs_not_executed},
    known_name{"x-http-method-override", meaning::method_override},
};
constexpr std::size_t longest_known = known_names.back().text.size();

// Where the names of each length begin.
constexpr std::array<std::uint8_t, longest_known + 2> index_by_length() {
  std::array<std::uint8_t, longest_known + 2> begins{};
  for (auto const& known : known_names)
    for (auto length = known.text.size() + 1; length < begins.size(); ++length) ++begins[length];
  return begins;
}
constexpr auto begins = index_by_length();
static_assert(std::ranges::is_sorted(known_names, {}, [](known_name const& k) { return k.text.size(); }));

meaning meaning_of(std::string_view name) noexcept {
  using head_rules::istarts_with;
  if (name.size() <= longest_known)
    for (std::size_t i = begins[name.size()]; i < begins[name.size() + 1]; ++i)
      if (is_named(name, known_names[i].text)) return known_names[i].meaning;
  switch (name.front() | 0x20) {
    case 'x':
      return istarts_with(name, "x-forwarded-") ? meaning::from_proxies : meaning::other;
    case 'f':
      return istarts_with(name, "fly-") ? meaning::fly : meaning::other;
    case 'l':
      return istarts_with(name, "litefs-") ? meaning::litefs : meaning::other;
    default:
      return meaning::other;
  }
}

void read_connection(std::string_view value, head_rules::connection_options& options) {
  using head_rules::is;
  head_rules::for_each_element(value, [&options](std::string_view option) {
    if (!head_rules::is_token(option)) options.valid = false;
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

void read_coding(std::string_view value, head_rules::framing_fields& found) {
  ++found.coding_lines;
  bool repeated = false;
  head_rules::for_each_element(value, [&](std::string_view coding) {
    repeated |= found.chunked;  // nothing may follow `chunked`, not even itself
    found.chunked = head_rules::is(coding, "chunked");
    found.other_codings |= !found.chunked;
  });
  found.chunked &= !repeated;
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

bool is_token(std::string_view text) noexcept { return !text.empty() && (classes_in(text) & no_token) == 0; }

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

bool connection_options::nominates(std::string_view name) const noexcept {
  return std::ranges::any_of(nominated, [name](auto n) { return iequals(n, name); });
}

survey look_at(std::vector<header_field> const& fields) {
  survey seen;
  seen.fields.reserve(fields.size());
  for (auto const& [name, value] : fields) {
    auto const characters = classes_in(name);
    if (name.empty() || (characters & no_token) != 0) seen.bad = "field-name";
    if (!seen.bad && !is_value(value)) seen.bad = "field-value";
    if (seen.bad) return seen;
    auto const m = meaning_of(name);
    seen.fields.push_back({m, characters == underscore});
    if (m == meaning::host) {
      ++seen.host_lines;
      seen.host = value;
    } else if (m == meaning::connection) {
      read_connection(value, seen.connection);
    } else if (m == meaning::content_length) {
      ++seen.framing.length_lines;
      seen.framing.length = parse_length(value);
    } else if (m == meaning::transfer_encoding) {
      read_coding(value, seen.framing);
    } else if (m == meaning::upgrade) {
      ++seen.upgrade_lines;
      seen.upgrade = value;
    }
  }
  return seen;
}

}  // namespace head_rules
}  // namespace litefs
