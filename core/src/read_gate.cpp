#include "litefs/read_gate.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <ctime>

namespace litefs {
namespace {

using std::chrono::microseconds;

constexpr std::uint64_t second_us = 1'000'000;
static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t));  // what the kernel compares

// steady_clock is CLOCK_MONOTONIC here.
std::uint64_t now_us() noexcept {
  auto const now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<microseconds>(now).count());
}

bool is_closed(std::uint32_t word) noexcept { return word % 2 != 0; }

// Until the word is another one, a signal came or the time is over: the caller looks again in any case.
// FUTEX_WAIT only reads, so a mapping for reading is enough.
void sleep_while(std::atomic<std::uint32_t> const& word, std::uint32_t is, std::uint64_t for_us) noexcept {
  ::timespec const pause{static_cast<std::time_t>(for_us / second_us),
                         static_cast<long>(for_us % second_us * 1000)};
  ::syscall(SYS_futex, &word, FUTEX_WAIT, is, &pause, nullptr, 0);
}

}  // namespace

std::string_view to_string(passage p) noexcept {
  switch (p) {
    case passage::open:
      return "open";
    case passage::waited:
      return "waited";
    case passage::timed_out:
      return "timed_out";
  }
  return "open";
}

void read_gate::close(std::chrono::milliseconds lease) noexcept {
  until_us_.store(now_us() + static_cast<std::uint64_t>(microseconds(lease).count()),
                  std::memory_order_release);
  auto const word = word_.load(std::memory_order_relaxed);
  if (!is_closed(word)) word_.store(word + 1, std::memory_order_release);
}

void read_gate::open() noexcept {
  auto const word = word_.load(std::memory_order_relaxed);
  if (!is_closed(word)) return;
  word_.store(word + 1, std::memory_order_release);
  ::syscall(SYS_futex, &word_, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

passage read_gate::pass(std::chrono::milliseconds bound) const noexcept {
  auto const met = word_.load(std::memory_order_acquire);
  if (!is_closed(met)) return passage::open;
  auto now = now_us();
  auto const give_up = now + static_cast<std::uint64_t>(microseconds(bound).count());
  if (now >= until_us_.load(std::memory_order_acquire)) return passage::open;
  do {
    if (now >= give_up) return passage::timed_out;
    auto const until = until_us_.load(std::memory_order_acquire);
    if (now >= until) return passage::waited;
    sleep_while(word_, met, std::min(until, give_up) - now);
    now = now_us();
  } while (word_.load(std::memory_order_acquire) == met);
  return passage::waited;
}

}  // namespace litefs
