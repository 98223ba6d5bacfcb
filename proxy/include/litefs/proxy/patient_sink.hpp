// A log that never waits for its reader longer than `patience`: a line that finds no room by then is dropped,
// and so are the next ones, at once, until there is room again; then one line tells how many were lost.
//
// Writes to a descriptor, not to a FILE: a FILE's lock would be held by a stuck write, also against exit().
// O_NONBLOCK is no way, since the descriptor is shared with the app and the shell. Thread-safe; no errors.
#pragma once

#include <spdlog/sinks/base_sink.h>

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string_view>

namespace litefs::proxy {

class patient_sink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  patient_sink(int descriptor, std::chrono::milliseconds patience)
      : descriptor_(descriptor), patience_(patience) {}

 private:
  void sink_it_(spdlog::details::log_msg const& message) override;
  void flush_() override {}
  [[nodiscard]] bool write(std::string_view text);

  int descriptor_;
  std::chrono::milliseconds patience_;
  std::size_t lost_ = 0;
  bool mid_line_ = false;  // the rest of a line was dropped
};

}  // namespace litefs::proxy
