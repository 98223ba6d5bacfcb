// The bytes of a node page, shared by writer and reader.
//
// Every word is an atomic of 8 bytes: the sequence lock makes their combination consistent, acquire and
// release order does what fences would (and ThreadSanitizer understands it). Private to core.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>

#include "litefs/node_page.hpp"
#include "litefs/read_gate.hpp"

namespace litefs::page {

inline constexpr std::uint64_t magic = 0x336567617066746c;  // "ltfpage3": name and version in one
inline constexpr std::size_t primary_max = 253;
inline constexpr std::size_t id_max = 64;

// Plain bytes of the facts, moved word by word.
struct payload {
  std::uint64_t device = 0;
  std::uint8_t role = 0;
  std::uint8_t mount_alive = 0;
  std::uint8_t primary_size = 0;
  std::uint8_t id_size = 0;
  std::uint8_t frozen = 0;
  std::array<std::uint8_t, 3> unused{};
  std::array<char, 256> primary{};
  std::array<char, id_max> id{};
};
inline constexpr std::size_t words = sizeof(payload) / 8;
static_assert(sizeof(payload) == words * 8);

struct layout {
  std::atomic<std::uint64_t> magic;
  std::atomic<std::uint64_t> sequence;  // odd while being written
  std::atomic<std::uint64_t> beat_ms;   // CLOCK_MONOTONIC, the same for all processes of a machine
  read_gate gate;                       // beside the sequence: a word of its own
  std::array<std::atomic<std::uint64_t>, words> data;
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

// steady_clock is CLOCK_MONOTONIC here.
[[nodiscard]] inline std::uint64_t now_ms() noexcept {
  auto const now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

// An open file, closed at the end of its scope.
class descriptor {
 public:
  explicit descriptor(int fd) noexcept : fd_(fd) {}
  descriptor(descriptor const&) = delete;
  descriptor& operator=(descriptor const&) = delete;
  ~descriptor();
  [[nodiscard]] int get() const noexcept { return fd_; }

 private:
  int fd_;
};

}  // namespace litefs::page
