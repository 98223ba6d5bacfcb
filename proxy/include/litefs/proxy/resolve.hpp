// From a configured endpoint to socket addresses. Literal addresses and unix paths cost nothing; names are
// looked up in the background, bounded by `allowed`; a look-up that ran out of time leaves the queue. No
// state; each runs on its executor's thread. Errors: the resolver's, timed_out.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <vector>

#include "litefs/config.hpp"
#include "litefs/proxy/net.hpp"

namespace litefs::proxy {

// To be tried in this order; never empty. A name may stand for an IPv6 and an IPv4 address of which one
// answers.
using socket_addresses = std::vector<asio::generic::stream_protocol::endpoint>;
awaitable<result<socket_addresses>> resolve(asio::io_context& ctx, endpoint const& to,
                                            std::chrono::milliseconds allowed);

// Every address of a TCP endpoint, to be tried in this order.
awaitable<result<asio::ip::tcp::resolver::results_type>> look_up(asio::any_io_executor executor, endpoint to,
                                                                 std::chrono::milliseconds allowed);

}  // namespace litefs::proxy
