// HTTP on the control thread, for a few clients at a time: the control socket (`litefs-proxy promote` and
// `status`) and admin-addr.
//
// One request per connection, bounded in size and time (an answer without an end: in the time of each part);
// beyond `clients_max` a client is closed at once. A
// unix socket has mode 0600 and replaces one that was left behind. The constructor binds (and throws
// boost::system::system_error, naming the key). Not thread-safe: control thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/beast/core/basic_stream.hpp>

#include "litefs/config.hpp"
#include "litefs/proxy/own_endpoints.hpp"

namespace litefs::proxy {

// The parts of an answer without an end, as they come.
class body_source {
 public:
  virtual ~body_source() = default;
  virtual boost::asio::awaitable<std::optional<std::string>> next() = 0;  // nullopt: no more
};

struct door_request {
  own_request asked;
  std::string accept;  // the header, as it came
};

struct door_answer {
  door_answer(own_response only) : head(std::move(only)) {}  // whole, as nearly all are
  door_answer(own_response before, std::shared_ptr<body_source> parts)
      : head(std::move(before)), more(std::move(parts)) {}

  own_response head;
  std::shared_ptr<body_source> more;  // in place of a body, until the client leaves
};

class control_server {
 public:
  using responder = std::function<boost::asio::awaitable<door_answer>(door_request)>;
  static constexpr std::size_t clients_max = 64;

  control_server(boost::asio::io_context& context, endpoint at, std::string_view key, responder answer);
  ~control_server();
  control_server(control_server const&) = delete;
  control_server& operator=(control_server const&) = delete;

  boost::asio::awaitable<void> run();  // until stop()
  void stop();
  // As bound: port 0 is replaced by the port the system chose.
  [[nodiscard]] endpoint const& bound() const noexcept { return at_; }

 private:
  using protocol = boost::asio::generic::stream_protocol;

  void bind();
  boost::asio::awaitable<void> serve(protocol::socket client);
  static boost::asio::awaitable<void> send_parts(boost::beast::basic_stream<protocol>& stream,
                                                 door_answer const& answer);

  boost::asio::io_context& context_;
  endpoint at_;
  responder answer_;
  boost::asio::basic_socket_acceptor<protocol> acceptor_;
  std::size_t clients_ = 0;
  std::uint64_t inode_ = 0;  // of our unix socket: a successor may have put its own in that place
};

}  // namespace litefs::proxy
