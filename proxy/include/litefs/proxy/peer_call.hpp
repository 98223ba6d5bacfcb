// A signed request of this node's control thread to another node's proxy (/litefs/peer/…).
//
// Signs for the receiver's boot as last heard and once more when the answer proves another one. Returns
// errc::bad_hostname if primary-url does not name the peer, else what call() returns. Thread-safe.
#pragma once

#include <string>

#include <boost/asio/awaitable.hpp>

#include "litefs/proxy/http_call.hpp"
#include "litefs/proxy/node.hpp"

namespace litefs::proxy {

boost::asio::awaitable<result<call_response>> ask_peer(node& n, std::string hostname, std::string target,
                                                       std::string body, call_limits limits);

}  // namespace litefs::proxy
