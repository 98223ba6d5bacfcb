// The bytes of a process's read page, shared by its process and the proxy. Private to core.
#pragma once

#include <atomic>
#include <cstdint>

#include "litefs/read_pages.hpp"

namespace litefs::page {

inline constexpr std::uint64_t reads_magic = 0x316461657266746c;  // "ltfread1": name and version in one

// What pread delivers of it.
struct reads_bytes {
  std::uint64_t magic = 0;
  std::array<std::uint64_t, read_count_kinds> counts{};
  std::array<std::uint64_t, read_page::reads_max> begun_ms{};  // CLOCK_MONOTONIC; 0: free
};

struct reads_layout {
  std::atomic<std::uint64_t> magic;
  std::array<std::atomic<std::uint64_t>, read_count_kinds> counts;
  std::array<std::atomic<std::uint64_t>, read_page::reads_max> begun_ms;
};
static_assert(sizeof(reads_layout) == sizeof(reads_bytes));

}  // namespace litefs::page
