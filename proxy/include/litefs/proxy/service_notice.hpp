// Tells whoever started us that the node is up, as systemd wants it (sd_notify(3)): a datagram to the socket
// that NOTIFY_SOCKET names. Without that variable nothing happens.
//
// The variable is taken out of the environment, so that no child speaks for the node. Errors are ignored:
// nobody listens then. Not thread-safe; construct before other threads run.
#pragma once

#include <string>
#include <string_view>

namespace litefs::proxy {

class service_notice {
 public:
  service_notice();

  void ready() noexcept;  // the first time only
  void stopping() noexcept;

 private:
  void send(std::string_view state) const noexcept;

  std::string socket_;
  bool told_ = false;
};

// This process gets SIGTERM when `parent` ends, at once if it has ended already.
void end_with_parent(int parent) noexcept;

}  // namespace litefs::proxy
