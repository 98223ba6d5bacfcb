// The keeper: the one process of ours beside Django that touches the mount.
//
// A frozen mount or a SIGBUS hits it and not the proxy, which judges by its silence. It speaks JSON lines
// over descriptor 3: a mount_report each 250 ms, and answers to `positions`, `lock`, `unlock`, `close`. It
// exits when the pipe closes, and when the mount it knew dies or is mounted anew, so that handles on a dead
// mount are never kept. Single-threaded.
#pragma once

#include <string>
#include <vector>

namespace litefs::proxy {

struct keeper_options {
  std::string mount;
  std::vector<std::string> databases;
};

// The main function of `litefs-proxy keeper`; the exit code.
int run_keeper(keeper_options const& options);

}  // namespace litefs::proxy
