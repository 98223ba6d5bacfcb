// One connection of a client: requests in order, one at a time, until either side ends it.
//
// Belongs to the thread that accepted it and owns itself while it runs. Whatever a client does ends this
// session only; an unexpected exception is logged and aborts the connection.
#pragma once

#include <array>
#include <memory>
#include <string>

#include "litefs/proxy/thread_parts.hpp"
#include "litefs/proxy/transaction.hpp"

namespace litefs::proxy {

class session final : public open_session, public std::enable_shared_from_this<session> {
 public:
  // `counted` holds the connection's place under limits.connections.
  session(thread_parts& parts, stream_socket socket, std::unique_ptr<tls_engine> tls, std::string address,
          bool trusted, std::unique_ptr<place> counted);

  void start();

 private:
  static awaitable<void> live(std::shared_ptr<session> self);
  awaitable<void> run();
  awaitable<bool> serve_next();
  awaitable<bool> agree_on_tls();
  awaitable<bool> wait_for_bytes();
  awaitable<void> serve(transaction& t, std::string_view raw);
  awaitable<void> reject(transaction& t, rejection why);
  awaitable<void> linger();
  void record(transaction const& t, time_point begun, std::uint64_t in, std::uint64_t out);

  thread_parts& parts_;
  client_side client_;
  std::unique_ptr<place> counted_;
  std::array<char, 64> first_bytes_{};  // of the next request, while the connection idles without a buffer
  time_point const opened_;
  bool first_ = true;
  bool unread_ = false;  // the client may still be sending what nobody will read
};

}  // namespace litefs::proxy
