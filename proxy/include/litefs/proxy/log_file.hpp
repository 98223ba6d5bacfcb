// Where log lines go: a file, or a descriptor that was there at the start (standard output or error).
//
// reopen() puts a new file under the same descriptor, so writers need no lock and lose no line: what is
// written meanwhile is in the old file or in the new one. Thread-safe. The constructor throws
// boost::system::system_error that names `key` and the file.
#pragma once

#include <string>

namespace litefs::proxy {

class log_file {
 public:
  // An empty path: `otherwise`, which is not ours to close.
  log_file(std::string path, int otherwise, char const* key);
  ~log_file();
  log_file(log_file const&) = delete;
  log_file& operator=(log_file const&) = delete;

  [[nodiscard]] bool is_regular() const noexcept;  // a write to it never waits for a reader
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
  // After a rotation has renamed the file. False, and the old one stays, if it cannot be opened.
  bool reopen() const noexcept;

 private:
  std::string const path_;
  int descriptor_;
};

}  // namespace litefs::proxy
