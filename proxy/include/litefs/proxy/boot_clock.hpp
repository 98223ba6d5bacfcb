// A clock that also runs while the machine sleeps (CLOCK_BOOTTIME), for what a lease allows: Consul's time
// goes on while this machine is suspended. Otherwise like steady_clock. Thread-safe.
#pragma once

#include <chrono>
#include <ctime>

namespace litefs::proxy {

struct boot_clock {
  using rep = std::int64_t;
  using period = std::milli;
  using duration = std::chrono::milliseconds;
  using time_point = std::chrono::time_point<boot_clock>;
  static constexpr bool is_steady = true;

  static time_point now() noexcept {
    ::timespec t{};
    ::clock_gettime(CLOCK_BOOTTIME, &t);
    return time_point(std::chrono::duration_cast<duration>(std::chrono::seconds(t.tv_sec) +
                                                           std::chrono::nanoseconds(t.tv_nsec)));
  }
};

}  // namespace litefs::proxy
