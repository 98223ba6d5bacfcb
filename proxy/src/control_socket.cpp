#include "litefs/proxy/control_socket.hpp"

#include <chrono>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

namespace litefs::proxy {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
using local = asio::local::stream_protocol;

namespace {

constexpr std::chrono::seconds request_max{5};
constexpr std::chrono::seconds response_max{5};
constexpr std::chrono::milliseconds accept_pause{250};  // out of descriptors

// Only a socket is removed: a wrong path in the configuration must not cost anybody a file.
void remove_left_behind(std::string const& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) == 0 && S_ISSOCK(found.st_mode)) ::unlink(path.c_str());
}

local::acceptor bind_private(asio::io_context& context, std::string const& path) {
  remove_left_behind(path);
  auto const before = ::umask(0177);
  try {
    local::acceptor acceptor(context, local::endpoint(path));
    ::umask(before);
    return acceptor;
  } catch (...) {
    ::umask(before);
    throw;
  }
}

}  // namespace

control_socket::control_socket(asio::io_context& context, std::string path, responder answer)
    : context_(context),
      path_(std::move(path)),
      answer_(std::move(answer)),
      acceptor_(bind_private(context, path_)) {}

control_socket::~control_socket() { remove_left_behind(path_); }

void control_socket::stop() {
  error_code ignored;
  acceptor_.close(ignored);
}

asio::awaitable<void> control_socket::run() {
  while (acceptor_.is_open()) {
    error_code failed;
    local::socket client(context_);
    co_await acceptor_.async_accept(client, asio::redirect_error(asio::use_awaitable, failed));
    if (!failed) {
      asio::co_spawn(context_, serve(std::move(client)), asio::detached);
    } else if (acceptor_.is_open()) {
      asio::steady_timer pause(context_, accept_pause);
      co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, failed));
    }
  }
}

asio::awaitable<void> control_socket::serve(local::socket client) {
  beast::basic_stream<local> stream(std::move(client));
  stream.expires_after(request_max);
  beast::flat_buffer buffer;
  http::request_parser<http::string_body> parser;
  parser.body_limit(own_body_max);
  error_code failed;
  co_await http::async_read(stream, buffer, parser, asio::redirect_error(asio::use_awaitable, failed));
  if (failed) co_return;
  auto& asked = parser.get();
  stream.expires_never();  // the answer has bounds of its own
  own_request request{.method = std::string(asked.method_string()),
                      .target = std::string(asked.target()),
                      .peer = std::nullopt,
                      .body = std::move(asked.body())};
  auto answer = co_await answer_(std::move(request));
  http::response<http::string_body> response(static_cast<http::status>(answer.status), 11);
  response.set(http::field::content_type, answer.content_type);
  response.body() = std::move(answer.body);
  response.keep_alive(false);
  response.prepare_payload();
  stream.expires_after(response_max);
  co_await http::async_write(stream, response, asio::redirect_error(asio::use_awaitable, failed));
}

}  // namespace litefs::proxy
