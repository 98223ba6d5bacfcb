#include "position_wait.hpp"

#include <thread>

namespace litefs::python {

namespace {

constexpr std::chrono::microseconds pause{200};

}  // namespace

result<std::optional<position>> wait_for_position(position_file const& file, txid wanted,
                                                  std::chrono::milliseconds at_most) {
  auto const until = std::chrono::steady_clock::now() + at_most;
  for (;;) {
    auto const now = file.read();
    if (now.has_error()) return now.error();
    if (now->txid >= wanted) return std::optional(*now);
    if (std::chrono::steady_clock::now() >= until) return std::optional<position>();
    std::this_thread::sleep_for(pause);
  }
}

}  // namespace litefs::python
