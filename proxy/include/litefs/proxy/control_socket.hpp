// The local control socket: HTTP over a unix socket of mode 0600, for `litefs-proxy promote` and `status`.
//
// GET /status, POST /promote; one request per connection, bounded in size and time. The constructor binds
// (and throws boost::system::system_error), replacing a socket that was left behind. Not thread-safe: control
// thread only.
#pragma once

#include <functional>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include "litefs/proxy/own_endpoints.hpp"

namespace litefs::proxy {

class control_socket {
 public:
  using responder = std::function<boost::asio::awaitable<own_response>(own_request)>;

  control_socket(boost::asio::io_context& context, std::string path, responder answer);
  ~control_socket();
  control_socket(control_socket const&) = delete;
  control_socket& operator=(control_socket const&) = delete;

  boost::asio::awaitable<void> run();  // until stop()
  void stop();

 private:
  boost::asio::awaitable<void> serve(boost::asio::local::stream_protocol::socket client);

  boost::asio::io_context& context_;
  std::string path_;
  responder answer_;
  boost::asio::local::stream_protocol::acceptor acceptor_;
};

}  // namespace litefs::proxy
