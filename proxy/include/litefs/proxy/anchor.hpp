// An open SQLite connection to one database on the mount: while it exists, LiteFS keeps the shared memory of
// the database mapped, and processes that open and close their own connections do not die of SIGBUS.
//
// It can also take the database's write lock, so that SQLite itself drains all writers. It never leaves WAL,
// never writes and never checkpoints. Every call touches the mount and may block; only the keeper process
// uses it. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

struct sqlite3;

namespace litefs::proxy {

enum class lock_attempt : std::uint8_t { taken, busy, failed };

class anchor {
 public:
  explicit anchor(std::string path) : path_(std::move(path)) {}

  // Opens and reads one row if the file exists. False if it does not, or cannot be read yet: try again later.
  bool hold();
  [[nodiscard]] bool held() const noexcept { return db_ != nullptr; }
  [[nodiscard]] bool exists() const noexcept;
  lock_attempt try_lock();  // BEGIN IMMEDIATE, without waiting
  void unlock();            // ROLLBACK, if locked
  void close() noexcept;
  [[nodiscard]] std::string last_error() const;

 private:
  struct closer {
    void operator()(sqlite3* db) const noexcept;
  };
  int run(char const* sql);

  std::string path_;
  std::unique_ptr<sqlite3, closer> db_;
  bool locked_ = false;
};

}  // namespace litefs::proxy
