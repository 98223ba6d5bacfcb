#include "litefs/proxy/link_door.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include "litefs/proxy/peer_call.hpp"
#include "litefs/proxy/peer_endpoint.hpp"
#include "litefs/proxy/resolve.hpp"

namespace litefs::proxy {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

constexpr std::chrono::milliseconds handshake_max{2'000};
constexpr std::size_t nonce_max = 64;

using response = http::response_parser<http::string_body>;

asio::awaitable<error_code> connect(node& n, endpoint to, beast::tcp_stream& stream) {
  auto const allowed = n.config.timeouts.primary_connect;
  auto const found = co_await look_up(stream.get_executor(), to, allowed);
  if (!found) co_return found.error();
  error_code failed;
  stream.expires_after(allowed);
  co_await stream.async_connect(*found, asio::redirect_error(asio::use_awaitable, failed));
  if (!failed) stream.socket().set_option(asio::ip::tcp::no_delay(true), failed);
  co_return failed;
}

// One try; an answer other than 101 is the caller's to judge.
asio::awaitable<error_code> ask(beast::tcp_stream& stream, call_request& request, beast::flat_buffer& buffer,
                                response& answer) {
  error_code failed;
  stream.expires_after(handshake_max);
  co_await http::async_write(stream, request, asio::redirect_error(asio::use_awaitable, failed));
  if (failed) co_return failed;
  co_await http::async_read_header(stream, buffer, answer, asio::redirect_error(asio::use_awaitable, failed));
  co_return failed;
}

}  // namespace

std::string link_session_name(std::string_view caller_nonce, std::string_view listener_nonce) {
  return std::string(caller_nonce).append(1, '.').append(listener_nonce);
}

asio::awaitable<result<open_link>> dial_link(node& n, std::string hostname) {
  auto const to = peer_endpoint(n.config, hostname);
  if (!to) co_return make_error_code(errc::bad_hostname);
  for (int signing = 1; signing <= signings_max; ++signing) {
    beast::tcp_stream stream(co_await asio::this_coro::executor);
    auto failed = co_await connect(n, *to, stream);
    if (failed) co_return failed;
    auto request = make_request("GET", link_path);
    request.set(http::field::connection, "upgrade");
    request.set(http::field::upgrade, link_protocol);
    auto const signature = sign_for_peer(n, hostname, *to, request);
    beast::flat_buffer buffer(2 * link_line_max);
    response answer;
    failed = co_await ask(stream, request, buffer, answer);
    if (failed) co_return failed;
    auto const& head = answer.get();
    auto const nonce = head[link_nonce_field];
    if (head.result_int() == 101 && !nonce.empty() && nonce.size() <= nonce_max) {
      stream.expires_never();
      auto const session = link_session_name(signature.nonce, {nonce.data(), nonce.size()});
      co_return open_link{.socket = stream.release_socket(),
                          .seal = link_seal(n.link_keys, session, link_side::caller),
                          .early = beast::buffers_to_string(buffer.data())};
    }
    if (!learn_boot(n, hostname, signature, head)) break;
  }
  co_return make_error_code(errc::bad_link_message);
}

}  // namespace litefs::proxy
