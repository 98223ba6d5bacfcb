// Who reads on this node: one small shared-memory page for each process, in a folder beside the node page.
//
// Each process writes its own page alone (its open reads and some counters), so no process can spoil
// another's and the app may run as any user; the node's litefs-proxy makes the folder (mode 1777, as /tmp)
// and reads the pages with pread. A page is locked (flock) by its process for as long as that lives: what is
// not locked is a dead process's, whatever its id means by now, and is removed with its counts kept.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "litefs/error.hpp"

namespace litefs {

enum class read_count : std::uint8_t {
  waited,     // at the read gate
  timed_out,  // went through the closed gate after the longest wait
  long_read,  // read for longer than LONG_READ
  ended,      // at MAX_READ_TRANSACTION
};
inline constexpr std::size_t read_count_kinds = 4;
[[nodiscard]] std::string_view to_string(read_count what) noexcept;

// The folder that belongs to this node page.
[[nodiscard]] std::string read_pages_folder(std::string const& node_page);

// A process's own page. Thread-safe; not for use after a fork, where the child makes its own.
class read_page {
 public:
  static constexpr std::size_t reads_max = 64;  // at once; more are not listed

  // errc::page_absent if there is no folder (no proxy), errc::page_foreign if there can be no page in it.
  static result<read_page> create(std::string const& folder);
  read_page(read_page&&) noexcept;
  read_page& operator=(read_page&&) noexcept;
  ~read_page();  // the page stays, for its counts

  // Returns the place to give back to end(), -1 if there is none.
  int begin() noexcept;
  void end(int place) noexcept;
  void count(read_count what) noexcept;

 private:
  struct mapping;
  explicit read_page(std::unique_ptr<mapping> m) noexcept;
  std::unique_ptr<mapping> mapping_;
};

struct open_read {
  int pid = 0;
  std::chrono::milliseconds age{0};
};

struct node_reads {
  std::vector<open_read> open;  // of every process the oldest one; the oldest of all first
  std::array<std::uint64_t, read_count_kinds> counts{};  // since the folder was made
  [[nodiscard]] std::uint64_t count(read_count what) const noexcept {
    return counts[static_cast<std::size_t>(what)];
  }
};

// For anyone who wants to know; changes nothing.
[[nodiscard]] std::vector<open_read> open_reads(std::string const& folder);

// The proxy's side. Not thread-safe.
class read_pages {
 public:
  // Creates the folder. Throws boost::system::system_error.
  explicit read_pages(std::string folder);
  ~read_pages();  // removes it with all pages
  read_pages(read_pages const&) = delete;
  read_pages& operator=(read_pages const&) = delete;

  [[nodiscard]] node_reads look();

 private:
  std::string folder_;
  std::array<std::uint64_t, read_count_kinds> of_the_dead_{};
};

}  // namespace litefs
