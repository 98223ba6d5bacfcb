// The node page: one small shared-memory page per node, written by litefs-proxy, read by every Django process
// in nanoseconds instead of a stat() of the mount.
//
// A file (default `/dev/shm/litefs-<8 hex CRC-32 of the mount path>`, mode 0644) mapped by both sides; a
// sequence lock makes reads consistent, a heartbeat (CLOCK_MONOTONIC, ms) tells that the writer lives.
// Readers trust a page only if it belongs to root or to themselves, has our magic and version, and is fresh
// (max_age). The page also holds the node's read gate. One writer process, any number of readers; a reader
// object is not shared between threads without a lock.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "litefs/error.hpp"
#include "litefs/node_state.hpp"
#include "litefs/read_gate.hpp"

namespace litefs {

struct node_facts {
  litefs::role role = litefs::role::unknown;
  bool mount_alive = false;
  std::uint64_t mount_device = 0;  // st_dev of the live mount
  std::string primary;             // at most 253 bytes
  std::string litefs_id;  // header Litefs-Id of our LiteFS: new at each of its starts, at most 64 bytes
  bool frozen = false;    // maintenance: nobody writes, the primary neither
  bool operator==(node_facts const&) const = default;
};

[[nodiscard]] std::string default_page_path(std::string const& mount);

class node_page_writer {
 public:
  // Creates and maps the page (replacing an old file). Throws boost::system::system_error.
  explicit node_page_writer(std::string const& path);
  ~node_page_writer();  // unlinks it
  node_page_writer(node_page_writer const&) = delete;
  node_page_writer& operator=(node_page_writer const&) = delete;

  void publish(node_facts const& facts);  // also a heartbeat
  void beat() noexcept;                   // at least twice a second
  [[nodiscard]] read_gate& gate() noexcept;

 private:
  struct mapping;
  std::unique_ptr<mapping> mapping_;
};

class node_page_reader {
 public:
  static constexpr std::chrono::milliseconds max_age{2000};

  // errc::page_absent if there is none, errc::page_foreign if it is not to be trusted or of another version.
  static result<node_page_reader> open(std::string const& path);
  node_page_reader(node_page_reader&&) noexcept;
  node_page_reader& operator=(node_page_reader&&) noexcept;
  ~node_page_reader();

  // errc::page_stale if the heartbeat is older than max_age (writer gone; reopen, or stat the mount).
  [[nodiscard]] result<node_facts> read() const;
  // As long as it stays the same and is not 0, read() would return what it returned before. 0: ask read().
  [[nodiscard]] std::uint64_t version() const noexcept;
  [[nodiscard]] read_gate const& gate() const noexcept;  // the page's own memory, no longer than this object

 private:
  struct mapping;
  explicit node_page_reader(std::unique_ptr<mapping> m) noexcept;
  std::unique_ptr<mapping> mapping_;
};

}  // namespace litefs
