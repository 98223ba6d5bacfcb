#include "litefs/proxy/patient_sink.hpp"

#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

namespace litefs::proxy {

void patient_sink::sink_it_(spdlog::details::log_msg const& message) {
  if (lost_ > 0) {
    auto const notice = (mid_line_ ? "\n" : "") + std::string("log: ") + std::to_string(lost_) +
                        " lines lost, nobody read them\n";
    if (!write(notice)) {
      ++lost_;
      return;
    }
    lost_ = 0;
  }
  spdlog::memory_buf_t line;
  formatter_->format(message, line);
  if (!write({line.data(), line.size()})) ++lost_;
}

// A pipe with room takes PIPE_BUF bytes without blocking.
bool patient_sink::write(std::string_view text) {
  auto const wait = lost_ > 0 ? std::chrono::milliseconds(0) : patience_;
  while (!text.empty()) {
    pollfd room{.fd = descriptor_, .events = POLLOUT, .revents = 0};
    if (::poll(&room, 1, static_cast<int>(wait.count())) <= 0) return false;
    auto const n = ::write(descriptor_, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
    if (n < 0 && errno != EINTR && errno != EAGAIN) return false;
    if (n <= 0) continue;
    mid_line_ = text[static_cast<std::size_t>(n) - 1] != '\n';
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

}  // namespace litefs::proxy
