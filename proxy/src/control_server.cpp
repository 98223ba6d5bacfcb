#include "litefs/proxy/control_server.hpp"

#include <chrono>
#include <string>
#include <utility>

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include "litefs/proxy/local_address.hpp"

namespace litefs::proxy {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

using reuse_port = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

constexpr std::chrono::seconds request_max{5};
constexpr std::chrono::seconds response_max{5};
constexpr std::chrono::milliseconds accept_pause{250};  // out of descriptors

// What is shown here loads nothing from elsewhere, runs nothing but its own file, and is shown in no frame.
constexpr auto content_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

// Only a socket is removed: a wrong path in the configuration must not cost anybody a file.
void remove_left_behind(std::string const& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) == 0 && S_ISSOCK(found.st_mode)) ::unlink(path.c_str());
}

std::uint64_t inode_of(std::string const& path) {
  struct stat found {};
  return ::lstat(path.c_str(), &found) == 0 ? found.st_ino : 0;
}

template <class Body>
http::response<Body> head_of(own_response const& answer) {
  http::response<Body> head(static_cast<http::status>(answer.status), 11);
  head.set(http::field::content_type, answer.content_type);
  head.set(http::field::cache_control, "no-store");
  head.set("Content-Security-Policy", content_policy);
  head.set("X-Content-Type-Options", "nosniff");
  head.set("Referrer-Policy", "no-referrer");
  if (!answer.allow.empty()) head.set(http::field::allow, answer.allow);
  head.keep_alive(false);
  return head;
}

class private_umask {
 public:
  private_umask() : before_(::umask(0177)) {}
  ~private_umask() { ::umask(before_); }
  private_umask(private_umask const&) = delete;
  private_umask& operator=(private_umask const&) = delete;

 private:
  mode_t before_;
};

}  // namespace

control_server::control_server(asio::io_context& context, endpoint at, std::string_view key, responder answer)
    : context_(context), at_(std::move(at)), answer_(std::move(answer)), acceptor_(context) {
  try {
    bind();
  } catch (boost::system::system_error const& e) {
    throw boost::system::system_error(e.code(),
                                      "cannot listen on " + std::string(key) + " " + litefs::to_string(at_));
  }
}

void control_server::bind() {
  auto const where = local_address(at_);
  acceptor_.open(where.protocol());
  if (at_.unix_path.empty()) {
    acceptor_.set_option(asio::socket_base::reuse_address(true));
    acceptor_.set_option(reuse_port(true));  // with a successor, for the moment that both are there
    acceptor_.bind(where);
    at_.port = port_of(acceptor_.local_endpoint());
  } else {
    remove_left_behind(at_.unix_path);
    private_umask const for_the_socket;
    acceptor_.bind(where);
    inode_ = inode_of(at_.unix_path);
  }
  acceptor_.listen();
}

control_server::~control_server() {
  if (!at_.unix_path.empty() && inode_of(at_.unix_path) == inode_) remove_left_behind(at_.unix_path);
}

void control_server::stop() {
  error_code ignored;
  acceptor_.close(ignored);
}

asio::awaitable<void> control_server::run() {
  while (acceptor_.is_open()) {
    error_code failed;
    protocol::socket client(context_);
    co_await acceptor_.async_accept(client, asio::redirect_error(asio::use_awaitable, failed));
    if (!failed) {
      if (clients_ < clients_max) asio::co_spawn(context_, serve(std::move(client)), asio::detached);
    } else if (acceptor_.is_open()) {
      asio::steady_timer pause(context_, accept_pause);
      co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, failed));
    }
  }
}

asio::awaitable<void> control_server::serve(protocol::socket client) {
  struct place {
    std::size_t& taken;
    explicit place(std::size_t& n) : taken(n) { ++taken; }
    ~place() { --taken; }
  };
  place const counted(clients_);
  beast::basic_stream<protocol> stream(std::move(client));
  stream.expires_after(request_max);
  beast::flat_buffer buffer;
  http::request_parser<http::string_body> parser;
  parser.body_limit(own_body_max);
  error_code failed;
  co_await http::async_read(stream, buffer, parser, asio::redirect_error(asio::use_awaitable, failed));
  if (failed) co_return;
  auto& asked = parser.get();
  stream.expires_never();  // the answer has bounds of its own
  door_request request{.asked = {.method = std::string(asked.method_string()),
                                 .target = std::string(asked.target()),
                                 .peer = std::nullopt,
                                 .body = std::move(asked.body())},
                       .accept = std::string(asked[http::field::accept])};
  auto answer = co_await answer_(std::move(request));
  if (answer.more) {
    co_await send_parts(stream, answer);
    co_return;
  }
  auto response = head_of<http::string_body>(answer.head);
  response.body() = std::move(answer.head.body);
  response.prepare_payload();
  stream.expires_after(response_max);
  co_await http::async_write(stream, response, asio::redirect_error(asio::use_awaitable, failed));
}

// Its end is that of the connection, since nobody knows how long it will be.
asio::awaitable<void> control_server::send_parts(beast::basic_stream<protocol>& stream,
                                                 door_answer const& answer) {
  auto const head = head_of<http::empty_body>(answer.head);
  http::response_serializer<http::empty_body> serializer(head);
  error_code failed;
  stream.expires_after(response_max);
  co_await http::async_write_header(stream, serializer, asio::redirect_error(asio::use_awaitable, failed));
  while (!failed) {
    stream.expires_never();
    auto const part = co_await answer.more->next();
    if (!part) co_return;
    stream.expires_after(response_max);
    co_await asio::async_write(stream, asio::buffer(*part),
                               asio::redirect_error(asio::use_awaitable, failed));
  }
}

}  // namespace litefs::proxy
