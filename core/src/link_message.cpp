#include "litefs/link_message.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <optional>

#include "litefs/hostname.hpp"

namespace litefs {
namespace {

namespace json = boost::json;

constexpr std::size_t ticket_max = 256;
constexpr std::int64_t day_ms = 24LL * 3600 * 1000;
constexpr std::size_t reasons_max = 16;
constexpr std::size_t candidates_max = 128;
constexpr std::size_t kind_max = 16;

constexpr std::array roles{role::unknown, role::primary, role::replica, role::disconnected, role::single};

std::string text_of(json::object const& o, std::string_view key) {
  auto const* const value = o.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

bool flag_of(json::object const& o, std::string_view key) {
  auto const* const value = o.if_contains(key);
  return value != nullptr && value->is_bool() && value->get_bool();
}

// A span of at most a day; nullopt if there is none or it is no whole number.
std::optional<std::chrono::milliseconds> span_of(json::object const& o, std::string_view key) {
  auto const* const value = o.if_contains(key);
  if (value == nullptr || !value->is_int64()) return std::nullopt;
  return std::chrono::milliseconds(std::clamp(value->get_int64(), std::int64_t{0}, day_ms));
}

json::object to_json(node_report const& r) {
  json::object positions;
  for (auto const& p : r.positions) positions[p.database] = to_string(p.position);
  json::array reasons;
  for (auto const& why : r.reasons) reasons.emplace_back(why);
  return {{"kind", "report"},
          {"version", r.version},
          {"role", to_string(r.role)},
          {"primary", r.primary},
          {"candidate", r.candidate},
          {"ready", r.ready},
          {"leaving", r.leaving},
          {"probe_age_ms", r.probe_age.count()},
          {"lag_ms", r.lag.count()},
          {"reasons", std::move(reasons)},
          {"freeze", {{"number", r.freeze.number}, {"left_ms", r.freeze.left.count()}}},
          {"generation", r.generation},
          {"holders", json::array(r.holders.begin(), r.holders.end())},
          {"positions", std::move(positions)},
          {"candidates", json::array(r.candidates.begin(), r.candidates.end())},
          {"load",
           {{"held", r.load.held},
            {"waiting", r.load.waiting},
            {"acknowledging", r.load.acknowledging},
            {"requests_per_s", r.load.requests_per_s}}},
          {"lineage_breaks", r.lineage_breaks}};
}

json::object to_json(take_request const& t) { return {{"kind", "take"}, {"ticket", t.ticket}}; }

json::object to_json(take_refusal const& t) {
  return {{"kind", "take-refused"}, {"ticket", t.ticket}, {"why", t.why}};
}

json::object to_json(told_incidents const& told) {
  json::array all;
  for (auto const& one : told.incidents)
    all.push_back({{"at_ms", one.at_ms}, {"node", one.node}, {"kind", one.kind}, {"what", one.what}});
  return {{"kind", "chronicle"}, {"incidents", std::move(all)}};
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

// Peers of an older version tell none.
freeze freeze_of(json::object const& o) {
  auto const* const value = o.if_contains("freeze");
  auto const* const told = value == nullptr ? nullptr : value->if_object();
  auto const* const number = told == nullptr ? nullptr : told->if_contains("number");
  if (number == nullptr) return {};
  boost::system::error_code failed;
  auto const n = number->to_number<std::uint64_t>(failed);
  auto const left = span_of(*told, "left_ms");
  return failed || !left ? freeze{} : freeze{n, *left};
}

std::vector<std::string> reasons_of(json::object const& o) {
  std::vector<std::string> found;
  auto const* const reasons = o.if_contains("reasons");
  if (reasons == nullptr || !reasons->is_array()) return found;
  for (auto const& why : reasons->get_array())
    if (why.is_string() && found.size() < reasons_max) found.emplace_back(why.get_string());
  return found;
}

// Absent in the reports of an older proxy.
result<std::vector<std::string>> candidates_of(json::object const& o) {
  std::vector<std::string> names;
  auto const* const listed = o.if_contains("candidates");
  if (listed == nullptr) return names;
  if (!listed->is_array() || listed->get_array().size() > candidates_max) return errc::bad_link_message;
  for (auto const& name : listed->get_array()) {
    if (!name.is_string() || !valid_hostname(name.get_string())) return errc::bad_link_message;
    names.emplace_back(name.get_string());
  }
  return names;
}

// Both are absent in the reports of a node that knows nothing of them.
bool add_history(json::object const& o, node_report& r) {
  auto const* const generation = o.if_contains("generation");
  auto const* const holders = o.if_contains("holders");
  if (generation != nullptr) {
    if (!generation->is_int64() || generation->get_int64() < 0) return false;
    r.generation = static_cast<std::uint64_t>(generation->get_int64());
  }
  if (holders == nullptr) return true;
  if (!holders->is_array() || holders->get_array().size() > candidates_max) return false;
  for (auto const& name : holders->get_array()) {
    if (!name.is_string() || !valid_hostname(name.get_string())) return false;
    r.holders.emplace_back(name.get_string());
  }
  return true;
}

std::uint64_t count_of(json::object const& o, std::string_view key) {
  auto const* const value = o.if_contains(key);
  boost::system::error_code failed;
  auto const n = value == nullptr ? 0 : value->to_number<std::uint64_t>(failed);
  return failed ? 0 : n;
}

node_load load_of(json::object const& o) {
  auto const* const value = o.if_contains("load");
  auto const* const told = value == nullptr ? nullptr : value->if_object();
  if (told == nullptr) return {};
  return {.held = count_of(*told, "held"),
          .waiting = count_of(*told, "waiting"),
          .acknowledging = count_of(*told, "acknowledging"),
          .requests_per_s = count_of(*told, "requests_per_s")};
}

result<link_message> chronicle_of(json::object const& o) {
  told_incidents told;
  auto const* const all = o.if_contains("incidents");
  if (all == nullptr || !all->is_array() || all->get_array().size() > chronicle::capacity)
    return errc::bad_link_message;
  for (auto const& each : all->get_array()) {
    auto const* const one = each.if_object();
    auto const* const at = one == nullptr ? nullptr : one->if_contains("at_ms");
    if (at == nullptr || !at->is_int64()) return errc::bad_link_message;
    incident read{.at_ms = at->get_int64(),
                  .node = text_of(*one, "node"),
                  .kind = text_of(*one, "kind"),
                  .what = text_of(*one, "what")};
    if (!valid_hostname(read.node) || read.kind.size() > kind_max || read.what.size() > chronicle::what_max)
      return errc::bad_link_message;
    told.incidents.push_back(std::move(read));
  }
  return told;
}

result<link_message> report_of(json::object const& o) {
  node_report r{.version = text_of(o, "version"),
                .primary = text_of(o, "primary"),
                .candidate = flag_of(o, "candidate"),
                .ready = flag_of(o, "ready"),
                .leaving = flag_of(o, "leaving"),
                .lag = span_of(o, "lag_ms").value_or(std::chrono::milliseconds{0}),
                .reasons = reasons_of(o),
                .freeze = freeze_of(o),
                .holders = {},
                .positions = {},
                .candidates = {},
                .load = load_of(o),
                .lineage_breaks = count_of(o, "lineage_breaks")};
  auto const name = text_of(o, "role");
  auto const found = std::ranges::find(roles, name, [](role x) { return to_string(x); });
  auto const age = span_of(o, "probe_age_ms");
  auto positions = positions_of(o);
  auto candidates = candidates_of(o);
  if (found == roles.end() || !age || !positions || !candidates) return errc::bad_link_message;
  if (!r.primary.empty() && !valid_hostname(r.primary)) return errc::bad_link_message;
  if (!add_history(o, r)) return errc::bad_link_message;
  r.role = *found;
  r.probe_age = *age;
  r.positions = std::move(*positions);
  r.candidates = std::move(*candidates);
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
  if (kind == "chronicle") return chronicle_of(*o);
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
