// Writes lines to a descriptor and never waits for its reader longer than `patience`: what finds no room by
// then is dropped, and so are the next lines, at once, until there is room again; then one line tells how
// many were lost.
//
// A descriptor and not a FILE: a FILE's lock would be held by a stuck write, also against exit(). O_NONBLOCK
// is no way, since the descriptor is shared with the app and the shell. Not thread-safe; no errors.
#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>

namespace litefs::proxy {

class patient_writer {
 public:
  patient_writer(int descriptor, std::chrono::milliseconds patience)
      : descriptor_(descriptor), patience_(patience) {}

  void write(std::string_view lines);  // whole ones, each with its newline
  void lose(std::size_t lines) {       // dropped before they came here
    lost_ += lines;
    all_lost_ += lines;
  }
  [[nodiscard]] std::size_t all_lost() const noexcept { return all_lost_; }  // since the start

 private:
  [[nodiscard]] bool put(std::string_view text);

  int descriptor_;
  std::chrono::milliseconds patience_;
  std::size_t lost_ = 0;  // since it was last told
  std::size_t all_lost_ = 0;
  bool mid_line_ = false;  // the rest of a line was dropped
};

}  // namespace litefs::proxy
