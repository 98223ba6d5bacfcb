// One listening socket of one worker thread. SO_REUSEPORT spreads connections over the threads; a unix socket
// has one listener, at the first thread.
//
// Belongs to its thread once started. Out of descriptors it pauses instead of spinning; beyond
// limits.connections a client gets a 503 and is closed. The constructor throws boost::system::system_error
// that names the address.
#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_waitable_timer.hpp>

#include "litefs/config.hpp"
#include "litefs/proxy/net.hpp"
#include "litefs/proxy/thread_parts.hpp"

namespace litefs::proxy {

// Where one listener listens.
struct doorway {
  endpoint at;
  std::size_t number = 0;     // of the address in all_addresses()
  std::size_t tls_index = 0;  // which of live.servers speaks there, if at.tls
  int descriptor = -1;        // one that listens there already; the listener owns it then
};

class listener {
 public:
  listener(thread_parts& parts, doorway const& where);

  [[nodiscard]] endpoint const& bound() const noexcept { return bound_; }
  [[nodiscard]] int descriptor() noexcept { return acceptor_.native_handle(); }  // until close()
  void start();
  void close() noexcept;

 private:
  using acceptor = asio::basic_socket_acceptor<asio::generic::stream_protocol, executor>;
  using timer = asio::basic_waitable_timer<clock, asio::wait_traits<clock>, executor>;

  void open(int descriptor);
  awaitable<void> run();
  void take(stream_socket socket);

  thread_parts& parts_;
  endpoint bound_;
  std::size_t tls_index_;
  acceptor acceptor_;
  timer pause_;
  bool short_ = false;  // of descriptors, and that was logged
};

}  // namespace litefs::proxy
