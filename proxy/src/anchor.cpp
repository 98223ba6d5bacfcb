#include "litefs/proxy/anchor.hpp"

#include <sqlite3.h>
#include <unistd.h>

namespace litefs::proxy {

void anchor::closer::operator()(sqlite3* db) const noexcept { sqlite3_close_v2(db); }

bool anchor::exists() const noexcept { return ::access(path_.c_str(), F_OK) == 0; }

bool anchor::hold() {
  if (held()) return true;
  if (!exists()) return false;
  sqlite3* raw = nullptr;
  int const opened =
      sqlite3_open_v2(path_.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  db_.reset(raw);
  // The last connection of a database would checkpoint and delete the WAL when it closes: LiteFS's business,
  // not ours.
  if (opened == SQLITE_OK) sqlite3_db_config(raw, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  if (opened != SQLITE_OK || run("SELECT 1 FROM sqlite_master LIMIT 1") != SQLITE_OK) db_.reset();
  return held();
}

lock_attempt anchor::try_lock() {
  if (locked_) return lock_attempt::taken;
  if (!hold()) return lock_attempt::failed;
  int const code = run("BEGIN IMMEDIATE");
  if (code == SQLITE_OK) {
    locked_ = true;
    return lock_attempt::taken;
  }
  // PROTOCOL: another node held LiteFS's HALT lock for long. Both pass.
  return code == SQLITE_BUSY || code == SQLITE_PROTOCOL ? lock_attempt::busy : lock_attempt::failed;
}

void anchor::unlock() {
  if (locked_) run("ROLLBACK");
  locked_ = false;
}

void anchor::close() noexcept {
  locked_ = false;
  db_.reset();
}

std::string anchor::last_error() const { return db_ ? sqlite3_errmsg(db_.get()) : "cannot be opened"; }

int anchor::run(char const* sql) {
  return sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr) & 0xff;  // the primary code
}

}  // namespace litefs::proxy
