// Adds the time of its life to a total.
#pragma once

#include <chrono>

namespace litefs::proxy {

class stopwatch {
 public:
  using clock = std::chrono::steady_clock;

  explicit stopwatch(std::chrono::microseconds& total) noexcept : total_(total), begun_(clock::now()) {}
  stopwatch(stopwatch const&) = delete;
  stopwatch& operator=(stopwatch const&) = delete;
  ~stopwatch() { total_ += std::chrono::duration_cast<std::chrono::microseconds>(clock::now() - begun_); }

 private:
  std::chrono::microseconds& total_;
  clock::time_point begun_;
};

}  // namespace litefs::proxy
