// What the keeper found at the mount, sent to its parent four times a second as one line of JSON.
//
// `silent` is the parent's own word for a keeper that does not answer: the mount may be frozen. A value.
// parse_report() returns errc::bad_event for anything but such a line.
#pragma once

#include "litefs/error.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace litefs::proxy {

enum class mount_health : std::uint8_t { absent, alive, dead, silent };
[[nodiscard]] std::string_view to_string(mount_health h) noexcept;

struct mount_report {
  mount_health health = mount_health::absent;
  std::uint64_t device = 0;  // st_dev
  bool writable = false;     // by the directory's mode: LiteFS thinks that it is the primary
  std::chrono::milliseconds lag{0};
  std::size_t anchored = 0;  // databases with an open anchor connection
  bool operator==(mount_report const&) const = default;
};

[[nodiscard]] boost::json::object to_json(mount_report const& r);
[[nodiscard]] result<mount_report> parse_report(boost::json::object const& o);

}  // namespace litefs::proxy
