// Ends the stalls of SQLite on a dead LiteFS mount.
//
// When LiteFS is killed, every lock call on its mount fails, and SQLite takes that for a busy lock: a
// statement that begins to read then retries 100 times with growing sleeps, 10 s in all, deaf to its busy
// timeout and to sqlite3_interrupt(). But each sleep ends early when the thread receives a signal. So one
// watchdog thread per process looks at the mount while a statement is older than `suspicious`, and if the
// mount is dead or another one, sends SIGURG (which does nothing else) to that thread once a millisecond
// until the statement has failed. Thread-safe. Never destroyed: the watchdog may be inside a stat() that a
// frozen mount never answers.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

namespace litefs::python {

class stall_breaker {
 public:
  static constexpr std::size_t statements_max = 256;  // at once; more are not watched
  static constexpr std::chrono::milliseconds tick{50};
  static constexpr std::chrono::milliseconds suspicious{100};

  // Takes SIGURG for this process unless something else handles it already; then nothing is ever broken.
  explicit stall_breaker(std::string mount);
  stall_breaker(stall_breaker const&) = delete;
  stall_breaker& operator=(stall_breaker const&) = delete;

  // Around each statement of a connection to the mount with this st_dev. Returns the place, -1 if there is
  // none.
  int enter(std::uint64_t device) noexcept;
  void leave(int place) noexcept;

 private:
  struct statement {
    std::atomic<int> thread{0};  // kernel thread id; 0: free
    std::atomic<std::uint64_t> device{0};
    std::atomic<std::int64_t> begun_ms{0};
  };

  [[noreturn]] void watch() noexcept;
  [[nodiscard]] bool any_suspicious() const noexcept;
  // True if a statement was found on a mount that is no longer there.
  bool interrupt_stalled() noexcept;

  std::string const mount_;
  std::array<statement, statements_max> statements_;
};

}  // namespace litefs::python
