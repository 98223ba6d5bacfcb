#include "litefs/proxy/tunnel.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <vector>

namespace litefs::proxy {

namespace {

constexpr std::size_t block_size = 16 * 1024;

// `early` is what was received with the head.
awaitable<void> pass(stream& from, stream& to, std::string_view early, std::chrono::milliseconds idle) {
  std::vector<char> block(block_size);
  std::string_view piece = early;
  for (;;) {
    if (!piece.empty() && co_await to.write({piece, {}, {}}, idle)) break;
    auto const deadline = from.ticks().now() + idle;
    to.postpone_read(deadline);  // traffic one way keeps the other way open
    auto const n = co_await from.read_some(block, deadline);
    if (n.has_error()) {
      if (n.error() != asio::error::eof) break;
      to.shutdown_send();
      co_return;
    }
    piece = {block.data(), *n};
  }
  from.close();
  to.close();
}

}  // namespace

awaitable<void> tunnel(transaction& t, attempt& a) {
  using namespace boost::asio::experimental::awaitable_operators;
  auto& client = t.client.io;
  auto& app = a.connection->io;
  auto const idle = t.config().timeouts.response;
  t.answered = true;
  t.status = 101;
  t.keep_alive = false;
  std::string head = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\n";
  head.append("Upgrade: ").append(a.answer.accepted.protocol).append("\r\n");
  for (auto const& [name, value] : a.answer.accepted.forward)
    head.append(name).append(": ").append(value).append("\r\n");
  head += "\r\n";
  if (co_await client.write({head, {}, {}}, idle)) co_return;
  co_await (pass(client, app, t.client.head.data(), idle) &&
            pass(app, client, a.connection->buffer.data(), idle));
  client.close();
  app.close();
}

}  // namespace litefs::proxy
