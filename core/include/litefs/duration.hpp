// Durations as Go and LiteFS write them ("1.5s", "2m30s", "250ms", "1h"): a number and a unit, repeated.
//
// Units: ns us ms s m h. No sign, no bare number (LiteFS would read one as nanoseconds), at most 30 days.
// Thread-safe. Returns errc::bad_duration otherwise.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "litefs/error.hpp"

namespace litefs {

[[nodiscard]] result<std::chrono::nanoseconds> parse_duration(std::string_view text) noexcept;
[[nodiscard]] std::string format_duration(std::chrono::nanoseconds d);

}  // namespace litefs
