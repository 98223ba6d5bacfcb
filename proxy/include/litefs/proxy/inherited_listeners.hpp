// Listening sockets that were open before this process began: systemd's (LISTEN_FDS, sd_listen_fds(3)), or
// those of a predecessor that this process replaces (successor.hpp). Their queues have lost nobody.
//
// from_environment() takes the variables out of the environment and marks the descriptors close-on-exec, so
// that no child gets either. What nobody takes is closed, with a warning. Not thread-safe.
#pragma once

#include <string>
#include <vector>

#include "litefs/config.hpp"

namespace litefs::proxy {

class inherited_listeners {
 public:
  inherited_listeners() = default;
  static inherited_listeners from_environment();
  inherited_listeners(inherited_listeners&& other) noexcept;
  inherited_listeners& operator=(inherited_listeners&&) = delete;
  ~inherited_listeners();

  [[nodiscard]] bool has(endpoint const& at) const;
  // The descriptors of that address; the caller owns them now. Empty: it has to be bound.
  [[nodiscard]] std::vector<int> take(endpoint const& at);
  void close_rest() noexcept;
  // Tells the predecessor, if there is one, that everything is served here from now on.
  void taken_over() noexcept;

 private:
  std::vector<int> open_;
  int ready_ = -1;  // the predecessor's pipe
};

}  // namespace litefs::proxy
