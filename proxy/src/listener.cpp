#include "litefs/proxy/listener.hpp"

#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <utility>

#include "litefs/proxy/forwarded.hpp"
#include "litefs/proxy/local_address.hpp"
#include "litefs/proxy/must_live.hpp"
#include "litefs/proxy/session.hpp"

namespace litefs::proxy {

namespace {

using asio::ip::tcp;
using reuse_port = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

constexpr std::chrono::milliseconds accept_pause{100};
constexpr int backlog = 1024;
constexpr std::string_view overload =
    "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\n"
    "litefs-not-executed: connections\r\nContent-Length: 0\r\n\r\n";

asio::ip::address ip_of(socket_address const& a) {
  tcp::endpoint tcp_form;
  std::memcpy(tcp_form.data(), a.data(), std::min(a.size(), tcp_form.capacity()));
  auto const ip = tcp_form.address();
  if (ip.is_v6() && ip.to_v6().is_v4_mapped())
    return asio::ip::make_address_v4(asio::ip::v4_mapped, ip.to_v6());
  return ip;
}

}  // namespace

listener::listener(thread_parts& parts, doorway const& where)
    : parts_(parts),
      bound_(where.at),
      tls_index_(where.tls_index),
      acceptor_(parts.context.get_executor()),
      pause_(parts.context.get_executor()) {
  try {
    open(where.descriptor);
  } catch (boost::system::system_error const& e) {
    throw boost::system::system_error(e.code(), "cannot listen on addr " + to_string(where.at));
  }
}

void listener::open(int descriptor) {
  auto const where = local_address(bound_);
  if (descriptor >= 0) {
    acceptor_.assign(where.protocol(), descriptor);
  } else {
    acceptor_.open(where.protocol());
    if (bound_.unix_path.empty()) {
      acceptor_.set_option(asio::socket_base::reuse_address(true));
      acceptor_.set_option(reuse_port(true));
      if (bound_.host.empty() && where.protocol().family() == AF_INET6)
        acceptor_.set_option(asio::ip::v6_only(false));
    }
    acceptor_.bind(where);
    acceptor_.listen(backlog);
  }
  acceptor_.non_blocking(true);
  if (bound_.unix_path.empty()) bound_.port = port_of(acceptor_.local_endpoint());
}

void listener::start() { asio::co_spawn(parts_.context, run(), must_live); }

void listener::close() noexcept {
  error_code ignored;
  acceptor_.close(ignored);
  pause_.cancel();
}

awaitable<void> listener::run() {
  while (acceptor_.is_open()) {
    stream_socket socket(parts_.context.get_executor());
    auto const [ec] = co_await acceptor_.async_accept(socket, no_throw);
    if (!ec) {
      short_ = false;
      take(std::move(socket));
    } else if (acceptor_.is_open() && ec != asio::error::connection_aborted) {
      if (!std::exchange(short_, true)) {
        spdlog::warn("cannot accept on {}: {}; trying again every {} ms", to_string(bound_), ec.message(),
                     accept_pause.count());
      }
      pause_.expires_after(accept_pause);
      co_await pause_.async_wait(no_throw);
    }
  }
}

void listener::take(stream_socket socket) {
  error_code ec;
  auto place_taken = std::make_unique<place>(parts_.all.connections, parts_.live->config.limits.connections);
  if (!*place_taken) {
    parts_.counts.connections_refused.add();
    socket.non_blocking(true, ec);
    if (!bound_.tls) socket.write_some(asio::buffer(overload), ec);
    return;
  }
  std::string client = std::string(unix_client);
  bool trusted = !bound_.unix_path.empty();
  if (bound_.unix_path.empty()) {
    auto const peer = socket.remote_endpoint(ec);
    if (ec) return;
    auto const ip = ip_of(peer);
    client = ip.to_string();
    trusted = parts_.live->trusted.contains(ip);
    socket.set_option(tcp::no_delay(true), ec);
  }
  std::unique_ptr<tls_engine> tls;
  if (bound_.tls) tls = tls_engine::accepted(parts_.live->servers[tls_index_], socket.native_handle());
  std::make_shared<session>(parts_, std::move(socket), std::move(tls), std::move(client), trusted,
                            std::move(place_taken))
      ->start();
}

}  // namespace litefs::proxy
