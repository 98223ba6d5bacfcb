#include "litefs/cookie.hpp"

#include <algorithm>
#include <charconv>

namespace litefs {
namespace {

constexpr std::string_view version_prefix = "1.";
constexpr std::size_t id_digits = 8;
constexpr std::size_t demand_size = id_digits + 1 + 16 + 1 + 16;

std::string_view trim(std::string_view text) noexcept {
  auto const first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Calls `use` with each trimmed element of a list.
template <class Use>
void for_each_element(std::string_view list, char separator, Use use) {
  while (!list.empty()) {
    auto const end = std::min(list.find(separator), list.size());
    use(trim(list.substr(0, end)));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
}

result<demand> parse_demand(std::string_view text) noexcept {
  if (text.size() != demand_size || text[id_digits] != '-' || text[id_digits + 17] != '-')
    return errc::bad_cookie;
  demand d;
  auto const [stop, error] = std::from_chars(text.data(), text.data() + id_digits, d.database, 16);
  auto const id = parse_txid(text.substr(id_digits + 1, 16));
  auto const checksum = parse_hex64(text.substr(id_digits + 18));
  if (error != std::errc{} || stop != text.data() + id_digits || !id || !checksum) return errc::bad_cookie;
  d.position = {*id, *checksum};
  return d;
}

auto find(demands const& all, std::uint32_t database) noexcept {
  return std::ranges::find(all, database, &demand::database);
}

std::string cookie_text(std::string_view value, cookie_attributes const& attributes, int max_age_s,
                        bool secure) {
  std::string text = attributes.name + '=';
  text += value;
  text += "; Path=/; Max-Age=" + std::to_string(max_age_s) + "; HttpOnly; SameSite=" + attributes.same_site;
  if (!attributes.domain.empty()) text += "; Domain=" + attributes.domain;
  if (secure) text += "; Secure";
  return text;
}

}  // namespace

result<demands> parse_demands(std::string_view value) {
  if (!value.starts_with(version_prefix)) return errc::bad_cookie;
  value.remove_prefix(version_prefix.size());
  demands all;
  while (true) {
    auto const d = parse_demand(value.substr(0, demand_size));
    if (!d || all.size() == max_demands || find(all, d->database) != all.end()) return errc::bad_cookie;
    all.push_back(*d);
    value.remove_prefix(demand_size);
    if (value.empty()) return all;
    if (value.front() != '.') return errc::bad_cookie;
    value.remove_prefix(1);
  }
}

std::string format_demands(demands const& all) {
  if (all.empty()) return {};
  std::string text = "1";
  for (auto const& d : all) {
    text += '.' + format_hex64(d.database).substr(16 - id_digits) + '-' + to_string(d.position.txid) + '-' +
            format_hex64(d.position.checksum);
  }
  return text;
}

// What moved last stands at the end, so that the bound drops what moved longest ago.
demands merge(demands older, demands const& newer) {
  for (auto d : newer) {
    auto const known = find(older, d.database);
    if (known != older.end()) {
      if (known->position.txid > d.position.txid) d = *known;
      older.erase(known);
    }
    older.push_back(d);
  }
  if (older.size() > max_demands) older.erase(older.begin(), older.end() - max_demands);
  return older;
}

std::string_view find_cookie(std::string_view cookie_header, std::string_view name) noexcept {
  std::string_view found;
  bool valid = false;
  for_each_element(cookie_header, ';', [&](std::string_view pair) {
    if (!pair.starts_with(name) || pair.substr(name.size(), 1) != "=") return;
    auto const value = pair.substr(name.size() + 1);
    bool const parses = parse_demands(value).has_value();
    if (parses || !valid) found = value;
    valid |= parses;
  });
  return found;
}

std::string make_set_cookie(std::string_view value, cookie_attributes const& attributes, bool secure) {
  return cookie_text(value, attributes, attributes.max_age_s, secure);
}

std::string make_clear_cookie(cookie_attributes const& attributes, bool secure) {
  return cookie_text("", attributes, 0, secure);
}

result<std::vector<database_position>> parse_committed(std::string_view value) {
  std::vector<database_position> all;
  if (trim(value) == "none") return all;
  bool valid = !trim(value).empty() && !trim(value).ends_with(',');
  for_each_element(value, ',', [&](std::string_view element) {
    auto const equals = element.rfind('=');
    if (equals == std::string_view::npos || equals == 0) {
      valid = false;
      return;
    }
    auto const pos = parse_position(element.substr(equals + 1));
    if (!pos || element.ends_with('\n')) {
      valid = false;
      return;
    }
    all.push_back({std::string(element.substr(0, equals)), *pos});
  });
  if (!valid) return errc::bad_position;
  return all;
}

std::string format_committed(std::vector<database_position> const& committed) {
  std::string text;
  for (auto const& [database, pos] : committed) {
    if (!text.empty()) text += ", ";
    text += database + '=' + to_string(pos);
  }
  return text.empty() ? "none" : text;
}

}  // namespace litefs
