// A child process in a session of its own, killed with us, reaped by the reaper.
//
// It starts with an empty signal mask, default handlers, stdin from /dev/null and no descriptor of ours but
// the one it is given. Not thread-safe: control thread only. spawn() returns the errno of the fork or of the
// exec ("no such file").
#pragma once

#include "litefs/error.hpp"
#include "litefs/proxy/identity.hpp"

#include <sys/types.h>

#include <csignal>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace litefs::proxy {

class reaper;

struct child_options {
  std::vector<std::string> cmd;              // cmd[0] is searched in PATH
  std::map<std::string, std::string> env{};  // added to ours
  std::string cwd{};
  std::optional<identity> as{};  // another user; needs root
  int death_signal = SIGKILL;    // what it gets when litefs-proxy dies
  int channel = -1;              // becomes its descriptor 3
  int output = -1;               // becomes its stdout and stderr; -1: ours
};

inline constexpr int channel_descriptor = 3;

class child {
 public:
  static result<std::unique_ptr<child>> spawn(reaper& r, child_options const& options);
  ~child();  // kills its whole process group if it still runs
  child(child const&) = delete;
  child& operator=(child const&) = delete;

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  [[nodiscard]] bool running() const noexcept { return !exit_code_; }
  // As a shell gives it: 128 + n after signal n. Empty while it runs.
  [[nodiscard]] std::optional<int> exit_code() const noexcept { return exit_code_; }
  void signal(int number) const noexcept;        // to the process only
  void signal_group(int number) const noexcept;  // to all of its process group, also after it has ended

 private:
  child(reaper& r, pid_t pid);
  reaper& reaper_;
  pid_t pid_;
  std::optional<int> exit_code_;
};

}  // namespace litefs::proxy
