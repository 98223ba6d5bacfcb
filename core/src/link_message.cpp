#include "litefs/link_message.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "litefs/hostname.hpp"

namespace litefs {
namespace {

namespace json = boost::json;

constexpr std::size_t ticket_max = 256;
constexpr std::int64_t probe_age_max_ms = 24LL * 3600 * 1000;

constexpr std::array roles{role::unknown, role::primary, role::replica, role::disconnected, role::single};

std::string text_of(json::object const& o, std::string_view key) {
  auto const* const value = o.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

bool flag_of(json::object const& o, std::string_view key) {
  auto const* const value = o.if_contains(key);
  return value != nullptr && value->is_bool() && value->get_bool();
}

json::object to_json(node_report const& r) {
  json::object positions;
  for (auto const& p : r.positions) positions[p.database] = to_string(p.position);
  return {{"kind", "report"},
          {"version", r.version},
          {"role", to_string(r.role)},
          {"primary", r.primary},
          {"candidate", r.candidate},
          {"ready", r.ready},
          {"leaving", r.leaving},
          {"probe_age_ms", r.probe_age.count()},
          {"positions", std::move(positions)}};
}

json::object to_json(take_request const& t) { return {{"kind", "take"}, {"ticket", t.ticket}}; }

json::object to_json(take_refusal const& t) {
  return {{"kind", "take-refused"}, {"ticket", t.ticket}, {"why", t.why}};
}

json::object to_json(unknown_message const&) { return {{"kind", "unknown"}}; }

result<std::vector<database_position>> positions_of(json::object const& o) {
  std::vector<database_position> found;
  auto const* const positions = o.if_contains("positions");
  if (positions == nullptr || !positions->is_object()) return errc::bad_link_message;
  for (auto const& [name, text] : positions->get_object()) {
    if (!text.is_string()) return errc::bad_link_message;
    auto const pos = parse_position(text.get_string());
    if (!pos) return errc::bad_link_message;
    found.push_back({std::string(name), *pos});
  }
  return found;
}

result<link_message> report_of(json::object const& o) {
  node_report r{.version = text_of(o, "version"),
                .primary = text_of(o, "primary"),
                .candidate = flag_of(o, "candidate"),
                .ready = flag_of(o, "ready"),
                .leaving = flag_of(o, "leaving"),
                .positions = {}};
  auto const name = text_of(o, "role");
  auto const found = std::ranges::find(roles, name, [](role x) { return to_string(x); });
  auto const* const age = o.if_contains("probe_age_ms");
  auto positions = positions_of(o);
  if (found == roles.end() || age == nullptr || !age->is_int64() || !positions) return errc::bad_link_message;
  if (!r.primary.empty() && !valid_hostname(r.primary)) return errc::bad_link_message;
  r.role = *found;
  r.probe_age = std::chrono::milliseconds(std::clamp(age->get_int64(), std::int64_t{0}, probe_age_max_ms));
  r.positions = std::move(*positions);
  return r;
}

}  // namespace

std::string format_link_message(link_message const& m) {
  return json::serialize(std::visit([](auto const& kind) { return to_json(kind); }, m));
}

result<link_message> parse_link_message(std::string_view line) {
  if (line.size() > link_line_max) return errc::bad_link_message;
  boost::system::error_code failed;
  auto const value = json::parse({line.data(), line.size()}, failed);
  auto const* const o = failed ? nullptr : value.if_object();
  if (o == nullptr) return errc::bad_link_message;
  auto const kind = text_of(*o, "kind");
  if (kind.empty()) return errc::bad_link_message;
  if (kind == "report") return report_of(*o);
  auto ticket = text_of(*o, "ticket");
  bool const named = !ticket.empty() && ticket.size() <= ticket_max;
  bool const take = kind == "take";
  if (!take && kind != "take-refused") return unknown_message{};
  if (!named) return errc::bad_link_message;
  if (take) return take_request{std::move(ticket)};
  return take_refusal{std::move(ticket), text_of(*o, "why")};
}

std::uint64_t transactions_behind(node_report const& report,
                                  std::vector<database_position> const& own) noexcept {
  std::uint64_t behind = 0;
  for (auto const& mine : own) {
    auto const theirs = std::ranges::find(report.positions, mine.database, &database_position::database);
    auto const reached = theirs == report.positions.end() ? txid{} : theirs->position.txid;
    behind += mine.position.txid.value - std::min(mine.position.txid.value, reached.value);
  }
  return behind;
}

}  // namespace litefs
