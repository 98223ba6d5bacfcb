// What runs under a process id, for log and status. No state, thread-safe.
#pragma once

#include <string>

namespace litefs::proxy {

// The beginning of its command line, as one line of printable characters; "?" if it is gone.
[[nodiscard]] std::string process_name(int pid);

}  // namespace litefs::proxy
