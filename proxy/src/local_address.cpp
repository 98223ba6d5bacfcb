#include "litefs/proxy/local_address.hpp"

#include <algorithm>
#include <cstring>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>

namespace litefs::proxy {

namespace asio = boost::asio;
using asio::ip::tcp;

socket_address local_address(endpoint const& at) {
  if (!at.unix_path.empty()) return asio::local::stream_protocol::endpoint(at.unix_path);
  if (!at.host.empty()) {
    auto const host = at.host == "localhost" ? std::string("127.0.0.1") : at.host;
    return tcp::endpoint(asio::ip::make_address(host), at.port);
  }
  boost::system::error_code no_v6;
  asio::io_context probe_context(1);
  tcp::acceptor probe(probe_context);
  probe.open(tcp::v6(), no_v6);
  return no_v6 ? tcp::endpoint(tcp::v4(), at.port) : tcp::endpoint(tcp::v6(), at.port);
}

std::uint16_t port_of(socket_address const& a) {
  tcp::endpoint tcp_form;
  std::memcpy(tcp_form.data(), a.data(), std::min(a.size(), tcp_form.capacity()));
  return tcp_form.port();
}

}  // namespace litefs::proxy
