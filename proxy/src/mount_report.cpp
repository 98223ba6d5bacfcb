#include "litefs/proxy/mount_report.hpp"

#include <boost/json/value_to.hpp>

#include <array>
#include <utility>

namespace litefs::proxy {

namespace json = boost::json;

namespace {

constexpr std::array<std::pair<mount_health, std::string_view>, 4> names{{
    {mount_health::absent, "absent"},
    {mount_health::alive, "alive"},
    {mount_health::dead, "dead"},
    {mount_health::silent, "silent"},
}};

}  // namespace

std::string_view to_string(mount_health h) noexcept {
  for (auto const& [health, name] : names) {
    if (health == h) return name;
  }
  return "unknown";
}

json::object to_json(mount_report const& r) {
  return {{"mount", to_string(r.health)},
          {"device", r.device},
          {"writable", r.writable},
          {"lag_ms", r.lag.count()},
          {"anchored", r.anchored}};
}

result<mount_report> parse_report(json::object const& o) {
  mount_report r;
  auto const* const health = o.if_contains("mount");
  if (health == nullptr || !health->is_string()) return errc::bad_event;
  for (auto const& [value, name] : names) {
    if (health->get_string() == name) r.health = value;
  }
  auto const number = [&o](std::string_view key) {
    auto const* const v = o.if_contains(key);
    return v == nullptr ? json::result<std::uint64_t>(make_error_code(errc::bad_event))
                        : json::try_value_to<std::uint64_t>(*v);
  };
  auto const device = number("device");
  auto const lag = number("lag_ms");
  auto const anchored = number("anchored");
  auto const* const writable = o.if_contains("writable");
  if (!device || !lag || !anchored || writable == nullptr || !writable->is_bool()) return errc::bad_event;
  r.device = *device;
  r.lag = std::chrono::milliseconds(*lag);
  r.anchored = *anchored;
  r.writable = writable->get_bool();
  return r;
}

}  // namespace litefs::proxy
