// From a configured endpoint to a socket address. Literal addresses and unix paths cost nothing; names are looked up in
// the background, bounded by `allowed`. Runs on `ctx`'s thread. Errors: the resolver's, timed_out.
#pragma once

#include "litefs/config.hpp"
#include "litefs/proxy/net.hpp"

namespace litefs::proxy {

awaitable<result<asio::generic::stream_protocol::endpoint>> resolve(asio::io_context& ctx, endpoint const& to,
                                                                    std::chrono::milliseconds allowed);

}  // namespace litefs::proxy
