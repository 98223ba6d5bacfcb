// Where the processes of a session listen: for the hint to somebody whose app server listens elsewhere than
// at `target`. Reads /proc once; what may not be read, or ends meanwhile, is left out. Thread-safe, blocking.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace litefs::proxy {

// "127.0.0.1:8000", "[::1]:8000" or "unix:/run/app.sock", each once, in order.
[[nodiscard]] std::vector<std::string> listening(pid_t session);

}  // namespace litefs::proxy
