#include "litefs/proxy/patient_writer.hpp"

#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

namespace litefs::proxy {

namespace {

// As many whole lines as one write takes without blocking: others write to the same pipe, between our lines.
std::string_view first_lines(std::string_view lines) {
  auto end = lines.substr(0, PIPE_BUF).rfind('\n');
  if (end == std::string_view::npos) end = lines.find('\n');
  return lines.substr(0, end == std::string_view::npos ? end : end + 1);
}

std::size_t count_lines(std::string_view lines) {
  return static_cast<std::size_t>(std::ranges::count(lines, '\n'));
}

}  // namespace

void patient_writer::write(std::string_view lines) {
  if (lost_ > 0) {
    auto const notice = (mid_line_ ? "\n" : "") + std::string("log: ") + std::to_string(lost_) +
                        " lines lost, nobody read them\n";
    if (!put(notice)) return lose(count_lines(lines));
    lost_ = 0;
  }
  while (!lines.empty()) {
    auto const piece = first_lines(lines);
    if (!put(piece)) return lose(count_lines(lines));
    lines.remove_prefix(piece.size());
  }
}

// A pipe with room takes PIPE_BUF bytes without blocking.
bool patient_writer::put(std::string_view text) {
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
