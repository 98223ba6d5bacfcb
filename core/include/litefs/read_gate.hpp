// The read gate: a word in shared memory that lets readers wait while a replica has transactions to apply.
//
// LiteFS applies one only in an instant without any open read, so readers that overlap stop replication for
// as long as they do. The node's litefs-proxy, the only one that writes the gate, closes it while the primary
// is ahead; readers pass it before they begin to read: nanoseconds when it is open, else a futex wait that
// ends with the closing, with the closing's lease (nobody renews that of a proxy that died) or at the
// reader's own bound, whichever comes first. So no fault of the proxy holds a reader longer than a lease.
// A reader waits for one closing, not for the next one that follows it. Readers need no write access to the
// memory. Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string_view>

namespace litefs {

enum class passage : std::uint8_t {
  open,       // at once
  waited,     // it opened, or its lease ran out
  timed_out,  // still closed at the reader's bound: the read goes through all the same
};

[[nodiscard]] std::string_view to_string(passage p) noexcept;

class read_gate {
 public:
  static constexpr std::chrono::milliseconds wait_max{50};  // of one reader

  // Closed for at most `lease` from now; call again to renew.
  void close(std::chrono::milliseconds lease) noexcept;
  // Wakes everyone who waits.
  void open() noexcept;

  // Readers, in any process that maps the memory, for reading or more. Signals do not shorten the wait.
  [[nodiscard]] passage pass(std::chrono::milliseconds bound = wait_max) const noexcept;

 private:
  std::atomic<std::uint32_t> word_{0};      // odd: closed; each change is another number
  std::atomic<std::uint64_t> until_us_{0};  // CLOCK_MONOTONIC, the same for all processes of a machine
};
static_assert(std::atomic<std::uint32_t>::is_always_lock_free &&
              std::atomic<std::uint64_t>::is_always_lock_free);

}  // namespace litefs
