// LiteFS's HALT lock on one database: while a replica holds it, the replica may write and the primary may
// not.
//
// An open-file-description lock on byte 72 of `<mount>/<database>-lock`. What LiteFS does with it (v0.5.14):
// it gives up waiting for the primary after 10 s; on the primary the lock ends after 30 s (ttl) whatever its
// owner does, so an owner must have released it before; and *any* close of the descriptor releases it, that
// of a copy in a forked child included, so the descriptor must never be inherited. On the primary itself the
// lock is granted and means nothing. Every call can block. Not thread-safe: one owner.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "litefs/error.hpp"

namespace litefs {

class halt_lock {
 public:
  static constexpr std::chrono::seconds ttl{30};

  // errc::mount_dead, else what the system says (no such file: the database does not exist).
  [[nodiscard]] static result<halt_lock> open(std::string const& mount, std::string_view database);
  halt_lock(halt_lock&& other) noexcept;
  halt_lock& operator=(halt_lock&& other) noexcept;
  ~halt_lock();  // releases it

  // Waits until LiteFS has the lock from the primary and this node has caught up; goes on after EINTR.
  // errc::mount_dead, else what the system says: an I/O error once LiteFS gave up.
  [[nodiscard]] result<void> acquire() noexcept;
  // errc::mount_dead, else what the system says: an I/O error if the primary could not be told.
  [[nodiscard]] result<void> release() noexcept;

 private:
  explicit halt_lock(int fd) noexcept : fd_(fd) {}
  int fd_ = -1;
};

// Does this node hold the HALT lock of the database, on behalf of any process? False on the primary.
[[nodiscard]] result<bool> is_halted(std::string const& mount, std::string_view database);

}  // namespace litefs
