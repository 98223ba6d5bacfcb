// The completion of a coroutine without which the node is useless: what it throws comes out of
// io_context::run() (and ends the process with one line), where asio::detached would swallow it and the node
// would run on without a watcher, say. No state, thread-safe.
#pragma once

#include <exception>

namespace litefs::proxy {

struct must_live_t {
  void operator()(std::exception_ptr failed) const {
    if (failed) std::rethrow_exception(failed);
  }
};
inline constexpr must_live_t must_live;

// The end of a process whose thread met what nobody expected: one line, exit code 70 (EX_SOFTWARE), and no
// destructors, since other threads still run.
[[noreturn]] void give_up(std::exception const& unexpected) noexcept;

}  // namespace litefs::proxy
