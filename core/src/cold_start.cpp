#include "litefs/cold_start.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <utility>

#include "litefs/hostname.hpp"

namespace litefs {
namespace {

namespace json = boost::json;

constexpr std::int64_t format_version = 1;
constexpr std::size_t candidates_max = 1024;

std::string joined(std::vector<std::string> const& names) {
  std::string all;
  for (auto const& name : names) all.append(all.empty() ? "" : ", ").append(name);
  return all;
}

// Equal standings need a winner that all agree on.
bool goes_before(std::string const& name, standing const& s, std::string const& other,
                 standing const& others) noexcept {
  return s != others ? s > others : name < other;
}

// Why it must not lead although everybody was heard, or nobody else will come; empty if it may.
std::string outranked(start_facts const& f) {
  standing const own{f.memory.generation, f.transactions};
  for (auto const& [name, other] : f.heard) {
    if (other.primary) return name + " is the primary, but LiteFS does not follow it";
    if (goes_before(name, other.standing, f.hostname, own)) return name + " goes first";
  }
  return {};
}

std::vector<std::string> unheard(start_facts const& f) {
  std::vector<std::string> names;
  for (auto const& name : f.memory.candidates) {
    if (!f.heard.contains(name)) names.push_back(name);
  }
  return names;
}

}  // namespace

std::string format_memory(node_memory const& m) {
  json::array candidates;
  for (auto const& name : m.candidates) candidates.emplace_back(name);
  return json::serialize(json::object{{"format", format_version},
                                      {"generation", m.generation},
                                      {"primary", m.primary},
                                      {"candidates", std::move(candidates)}});
}

result<node_memory> parse_memory(std::string_view text) {
  boost::system::error_code failed;
  auto const value = json::parse({text.data(), text.size()}, failed);
  auto const* const o = failed ? nullptr : value.if_object();
  if (o == nullptr) return errc::bad_memory;
  auto const* const format = o->if_contains("format");
  auto const* const generation = o->if_contains("generation");
  auto const* const primary = o->if_contains("primary");
  auto const* const candidates = o->if_contains("candidates");
  bool const whole = format != nullptr && *format == format_version && generation != nullptr &&
                     generation->is_int64() && primary != nullptr && primary->is_bool() &&
                     candidates != nullptr && candidates->is_array() &&
                     candidates->get_array().size() <= candidates_max;
  if (!whole || generation->get_int64() < 0) return errc::bad_memory;
  node_memory m{.generation = static_cast<std::uint64_t>(generation->get_int64()),
                .primary = primary->get_bool(),
                .candidates = {}};
  for (auto const& name : candidates->get_array()) {
    if (!name.is_string() || !valid_hostname(name.get_string())) return errc::bad_memory;
    m.candidates.emplace_back(name.get_string());
  }
  return m;
}

std::uint64_t transactions_in(std::vector<database_position> const& positions) noexcept {
  std::uint64_t sum = 0;
  for (auto const& p : positions) sum += p.position.txid.value;
  return sum;
}

start_judgement judge_start(start_facts const& f) {
  auto const not_yet = f.waited ? start_verdict::refuse : start_verdict::wait;
  if (f.memory.generation == 0) return {not_yet, "it has never held the data of this cluster"};
  auto why = outranked(f);
  if (!why.empty()) return {not_yet, std::move(why)};
  auto const missing = unheard(f);
  if (missing.empty()) return {start_verdict::lead, {}};
  if (f.waited && f.allow_behind && f.transactions > 0) return {start_verdict::lead, {}};
  return {not_yet, joined(missing) + " may hold more and cannot be reached"};
}

bool leads_alone(node_memory const& m) noexcept {
  return m.generation > 0 && m.primary && m.candidates.empty();
}

}  // namespace litefs
