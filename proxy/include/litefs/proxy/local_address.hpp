// Where to listen: an endpoint of the configuration as an address of the system. Thread-safe.
#pragma once

#include <boost/asio/generic/stream_protocol.hpp>

#include <cstdint>

#include "litefs/config.hpp"

namespace litefs::proxy {

using socket_address = boost::asio::generic::stream_protocol::endpoint;

// "" as host is every address, by one socket for IPv4 and IPv6 where the system has IPv6. Throws
// boost::system::system_error if the host is no address.
[[nodiscard]] socket_address local_address(endpoint const& at);
[[nodiscard]] std::uint16_t port_of(socket_address const& a);  // of an IP address

}  // namespace litefs::proxy
