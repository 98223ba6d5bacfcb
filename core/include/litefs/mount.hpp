// What can be learned from a LiteFS mount with file-system calls: alive or not, its identity, positions.
//
// A mount whose LiteFS was killed answers stat() with ENOTCONN; a remount has a new st_dev. Every call may
// block for ever when LiteFS is frozen, so only the keeper process and Django workers (never the proxy's
// threads) call these. Thread-safe (no state but the descriptor owned by position_file).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "litefs/error.hpp"
#include "litefs/position.hpp"

namespace litefs {

struct mount_identity {
  std::uint64_t device = 0;  // st_dev: new at each mount
  bool writable = false;     // mode 0777: this node is the primary; 0555: it is not
  bool operator==(mount_identity const&) const = default;
};

// statx() plus statfs(), both answered by LiteFS itself: errc::mount_dead on ENOTCONN, errc::mount_absent if
// it is no FUSE mount point.
[[nodiscard]] result<mount_identity> inspect_mount(std::string const& path);

// `.lag` in milliseconds; INT32_MAX before the first sync. errc::mount_absent if unreadable.
[[nodiscard]] result<std::chrono::milliseconds> read_lag(std::string const& mount);

// `<mount>/<database>-pos` on a kept descriptor: one pread per position (0.6 us unchanged, against 490 us for
// open + read + close). Movable, closes on destruction. After fork() a copy stays valid (pread has no
// offset).
class position_file {
 public:
  // errc::mount_dead, else what the system says (no such file: the database does not exist).
  static result<position_file> open(std::string const& mount, std::string_view database);
  position_file(position_file&& other) noexcept;
  position_file& operator=(position_file&& other) noexcept;
  ~position_file();

  // errc::mount_dead once LiteFS is gone, errc::bad_position if the content is no position.
  [[nodiscard]] result<position> read() const;

 private:
  explicit position_file(int fd) noexcept : fd_(fd) {}
  int fd_ = -1;
};

}  // namespace litefs
