#include "litefs/proxy/lease.hpp"

#include "litefs/proxy/http_call.hpp"

#include <openssl/evp.h>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json.hpp>

#include <algorithm>
#include <cstdlib>

namespace litefs::proxy {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr call_limits consul_limits{.connect = milliseconds{500}, .total = milliseconds{1'000}};
constexpr std::size_t value_max = 4096;
constexpr milliseconds taking_over_max{300};  // a target that was handed the lease has named itself by then

std::string_view text_of(json::object const& from, std::string_view name) {
  auto const* const value = from.if_contains(name);
  return value != nullptr && value->is_string() ? std::string_view(value->get_string()) : std::string_view{};
}

std::optional<std::string> decode_base64(std::string_view text) {
  if (text.empty() || text.size() > value_max || text.size() % 4 != 0) return std::nullopt;
  std::string out(text.size() / 4 * 3, '\0');
  auto const size =
      ::EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                        reinterpret_cast<unsigned char const*>(text.data()), static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  auto const padding = text.size() - std::min(text.find('='), text.size());
  out.resize(static_cast<std::size_t>(size) - std::min<std::size_t>(padding, 2));
  return out;
}

asio::awaitable<result<call_response>> ask(consul_lease const& lease, tls_context const& tls,
                                           std::string_view method, std::string const& target) {
  auto request = make_request(method, target);
  char const* const known = std::getenv("CONSUL_HTTP_TOKEN");
  auto const& token = lease.token;
  if (!token.empty() || known != nullptr)
    request.set("X-Consul-Token", token.empty() ? known : token.c_str());
  return call(lease.api, std::move(request), consul_limits, tls);
}

asio::awaitable<void> pause(milliseconds length) {
  asio::steady_timer timer(co_await asio::this_coro::executor, length);
  co_await timer.async_wait(asio::use_awaitable);
}

bool session_id(std::string_view text) {
  return !text.empty() && text.size() <= 64 &&
         text.find_first_not_of("0123456789abcdefABCDEF-") == std::string_view::npos;
}

}  // namespace

std::optional<lease_holder> parse_lease(std::string_view text) {
  boost::system::error_code failed;
  auto const entries = json::parse(text, failed);
  if (failed || !entries.is_array() || entries.get_array().size() != 1) return std::nullopt;
  auto const* const entry = entries.get_array().front().if_object();
  if (entry == nullptr) return std::nullopt;
  auto const session = text_of(*entry, "Session");
  auto const value = decode_base64(text_of(*entry, "Value"));
  if (!session_id(session) || !value) return std::nullopt;
  auto const owner = json::parse(*value, failed);
  if (failed || !owner.is_object()) return std::nullopt;
  return lease_holder{std::string(session), std::string(text_of(owner.get_object(), "hostname"))};
}

asio::awaitable<lease_result> read_lease(consul_lease lease, tls_context tls) {
  auto const found = co_await ask(lease, tls, "GET", "/v1/kv/" + lease.key + "?consistent");
  if (!found) co_return found.error();
  if (found->result_int() == 404) co_return std::optional<lease_holder>();
  if (found->result_int() != 200) co_return make_error_code(errc::bad_event);
  co_return parse_lease(found->body());
}

asio::awaitable<std::string> release_lease(consul_lease lease, std::string hostname, tls_context tls) {
  std::string session;
  // Twice: a handoff passes the very session on, and the new owner enters its name a moment later.
  for (int look = 0; look < 2; ++look) {
    if (look > 0) co_await pause(taking_over_max);
    auto const found = co_await read_lease(lease, tls);
    if (!found) co_return "Consul does not answer: " + found.error().message();
    auto const& holder = *found;
    if (!holder) co_return "nobody holds it";
    if (holder->hostname != hostname) co_return "held by " + holder->hostname;
    if (look > 0 && holder->session != session) co_return "held anew";
    session = holder->session;
  }
  auto const done = co_await ask(lease, tls, "PUT", "/v1/session/destroy/" + session);
  if (!done) co_return "Consul does not answer: " + done.error().message();
  co_return done->result_int() == 200 ? "given back"
                                      : "Consul refused: " + std::to_string(done->result_int());
}

}  // namespace litefs::proxy
