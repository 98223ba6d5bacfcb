#include "litefs/proxy/http_call.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include <optional>
#include <utility>

#include "litefs/proxy/resolve.hpp"
#include "litefs/proxy/tls_engine.hpp"

namespace litefs::proxy {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
using tcp = asio::ip::tcp;

namespace {

constexpr std::uint32_t head_max = 32 * 1024;

template <class Stream>
asio::awaitable<result<call_response>> exchange(Stream& stream, call_request& request, bool head_only) {
  error_code failed;
  co_await http::async_write(stream, request, asio::redirect_error(asio::use_awaitable, failed));
  if (failed) co_return failed;
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  if (head_only)
    parser.body_limit(boost::none);
  else
    parser.body_limit(call_body_max);
  parser.header_limit(head_max);
  if (request.method() == http::verb::head) parser.skip(true);
  if (head_only)
    co_await http::async_read_header(stream, buffer, parser,
                                     asio::redirect_error(asio::use_awaitable, failed));
  else
    co_await http::async_read(stream, buffer, parser, asio::redirect_error(asio::use_awaitable, failed));
  if (failed) co_return failed;
  co_return parser.release();
}

// Asio's own TLS stream is a little heavier than stream.hpp's, and knows Beast.
asio::awaitable<result<call_response>> call_secured(beast::basic_stream<tcp>& stream, endpoint const& to,
                                                    call_request& request, call_limits limits,
                                                    tls_context tls) {
  if (!tls) co_return error_code(asio::error::no_protocol_option);
  ::SSL_CTX_up_ref(tls.get());
  asio::ssl::context context(tls.get());  // takes one reference over
  asio::ssl::stream<beast::basic_stream<tcp>&> secured(stream, context);
  expect_server(secured.native_handle(), to.host);
  error_code failed;
  co_await secured.async_handshake(asio::ssl::stream_base::client,
                                   asio::redirect_error(asio::use_awaitable, failed));
  if (failed) co_return failed;
  co_return co_await exchange(secured, request, limits.head_only);
}

asio::awaitable<result<call_response>> call_tcp(endpoint const& to, call_request& request, call_limits limits,
                                                tls_context tls) {
  auto const executor = co_await asio::this_coro::executor;
  error_code failed;
  beast::basic_stream<tcp> stream(executor);
  auto const connected_by = std::chrono::steady_clock::now() + limits.connect;
  auto const found = co_await look_up(executor, to, limits.connect);
  if (!found) co_return found.error();
  stream.expires_at(connected_by);
  co_await stream.async_connect(*found, asio::redirect_error(asio::use_awaitable, failed));
  if (failed) co_return failed;
  stream.expires_after(limits.total);
  if (to.tls) co_return co_await call_secured(stream, to, request, limits, std::move(tls));
  co_return co_await exchange(stream, request, limits.head_only);
}

asio::awaitable<result<call_response>> call_unix(endpoint const& to, call_request& request,
                                                 call_limits limits) {
  beast::basic_stream<asio::local::stream_protocol> stream(co_await asio::this_coro::executor);
  error_code failed;
  stream.expires_after(limits.connect);
  co_await stream.async_connect(asio::local::stream_protocol::endpoint(to.unix_path),
                                asio::redirect_error(asio::use_awaitable, failed));
  if (failed) co_return failed;
  stream.expires_after(limits.total);
  co_return co_await exchange(stream, request, limits.head_only);
}

}  // namespace

asio::awaitable<result<call_response>> call(endpoint to, call_request request, call_limits limits,
                                            tls_context tls) {
  if (request[http::field::host].empty()) {
    request.set(http::field::host, to.unix_path.empty() ? to_string(to) : std::string("localhost"));
  }
  request.keep_alive(false);
  request.prepare_payload();
  if (to.unix_path.empty()) co_return co_await call_tcp(to, request, limits, std::move(tls));
  co_return co_await call_unix(to, request, limits);
}

call_request make_request(std::string_view method, std::string_view target, std::string body) {
  call_request request;
  request.method_string({method.data(), method.size()});
  request.target({target.data(), target.size()});
  request.version(11);
  request.body() = std::move(body);
  return request;
}

std::optional<endpoint> endpoint_of_url(std::string_view url) {
  constexpr std::string_view plain = "http://";
  constexpr std::string_view secure = "https://";
  bool const tls = url.starts_with(secure);
  if (!tls && !url.starts_with(plain)) return std::nullopt;
  std::string_view const default_port = tls ? ":443" : ":80";
  url.remove_prefix(tls ? secure.size() : plain.size());
  if (url.ends_with('/')) url.remove_suffix(1);
  if (url.empty() || url.starts_with("unix:") || url.find_first_of("/?#@") != std::string_view::npos) {
    return std::nullopt;
  }
  auto const colon = url.rfind(':');
  auto const bracket = url.rfind(']');  // of an IPv6 address
  bool const has_port = colon != url.npos && (bracket == url.npos || colon > bracket);
  auto found = parse_endpoint(has_port ? std::string(url) : std::string(url).append(default_port));
  if (found) found->tls = tls;
  return found;
}

}  // namespace litefs::proxy
