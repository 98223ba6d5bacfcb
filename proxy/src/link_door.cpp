#include "litefs/proxy/link_door.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <sstream>

#include "litefs/proxy/head_reader.hpp"
#include "litefs/proxy/peer_call.hpp"
#include "litefs/proxy/peer_endpoint.hpp"
#include "litefs/proxy/resolve.hpp"

namespace litefs::proxy {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

constexpr std::chrono::milliseconds handshake_max{2'000};
constexpr std::size_t nonce_max = 64;

using response = http::response<http::string_body>;

asio::awaitable<error_code> connect(node& n, endpoint const& to, asio::io_context& context, stream& io) {
  auto const live = n.live();
  auto const allowed = live->config.timeouts.primary_connect;
  auto const deadline = clock::now() + allowed;
  auto const found = co_await resolve(context, to, allowed);
  if (!found) co_return found.error();
  error_code failed;
  for (auto const& address : *found) {
    failed = co_await io.connect(address, std::chrono::duration_cast<milliseconds>(deadline - clock::now()));
    if (!failed) break;
    io.close();
  }
  if (!failed && to.tls) failed = co_await io.secure(live->peers, to.host, deadline);
  co_return failed;
}

// One try; an answer other than 101 is the caller's to judge. Nothing of the answer's body is read.
asio::awaitable<result<response>> ask(stream& io, call_request const& request, stream_buffer& buffer) {
  std::ostringstream text;
  text << request;
  auto const bytes = text.str();
  auto const deadline = clock::now() + handshake_max;
  if (auto const failed = co_await io.write({bytes, {}, {}}, handshake_max)) co_return failed;
  auto const outcome = co_await read_head(io, buffer, head_search(head_limits{}), deadline);
  if (auto const* failed = std::get_if<error_code>(&outcome)) co_return *failed;
  auto const* const head = std::get_if<std::string_view>(&outcome);
  if (head == nullptr) co_return make_error_code(errc::bad_link_message);
  http::response_parser<http::string_body> parser;
  error_code failed;
  parser.put(asio::buffer(*head), failed);
  if (!parser.is_header_done()) co_return make_error_code(errc::bad_link_message);
  buffer.consume(head->size());
  co_return parser.release();
}

}  // namespace

std::string link_session_name(std::string_view caller_nonce, std::string_view listener_nonce) {
  return std::string(caller_nonce).append(1, '.').append(listener_nonce);
}

asio::awaitable<result<open_link>> dial_link(node& n, asio::io_context& context, sweep& ticks,
                                             std::string hostname) {
  auto const to = peer_endpoint(n.config, hostname);
  if (!to) co_return make_error_code(errc::bad_hostname);
  for (int signing = 1; signing <= signings_max; ++signing) {
    auto io = std::make_unique<stream>(stream_socket(context.get_executor()), ticks);
    auto const failed = co_await connect(n, *to, context, *io);
    if (failed) co_return failed;
    auto request = make_request("GET", link_path);
    request.set(http::field::connection, "upgrade");
    request.set(http::field::upgrade, link_protocol);
    auto const signature = sign_for_peer(n, hostname, *to, request);
    stream_buffer buffer(2 * link_line_max);
    auto const answer = co_await ask(*io, request, buffer);
    if (!answer) co_return answer.error();
    auto const nonce = (*answer)[link_nonce_field];
    if (answer->result_int() == 101 && !nonce.empty() && nonce.size() <= nonce_max) {
      auto const session = link_session_name(signature.nonce, {nonce.data(), nonce.size()});
      co_return open_link{.io = std::move(io),
                          .seal = link_seal(n.link_keys, session, link_side::caller),
                          .early = std::string(buffer.data())};
    }
    if (!learn_boot(n, hostname, signature, *answer)) break;
  }
  co_return make_error_code(errc::bad_link_message);
}

}  // namespace litefs::proxy
