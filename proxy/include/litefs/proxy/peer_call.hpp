// Signed requests of this node's control thread to another node's proxy (/litefs/peer/…).
//
// ask_peer() signs for the receiver's boot as last heard and once more when the answer proves another one. It
// returns errc::bad_hostname if primary-url does not name the peer, else what call() returns. Thread-safe.
#pragma once

#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>

#include "litefs/proxy/http_call.hpp"
#include "litefs/proxy/node.hpp"

namespace litefs::proxy {

inline constexpr int signings_max = 2;  // the second one for the boot that the first answer told

struct peer_signature {
  std::string nonce;
  std::string mac;
};

// Adds Host and litefs-hop to a request whose body is final.
peer_signature sign_for_peer(node& n, std::string_view hostname, endpoint const& to, call_request& request);
// True if the answer proves that nothing was executed since the peer was restarted; its boot is known now.
bool learn_boot(node& n, std::string_view hostname, peer_signature const& signature,
                call_response const& answer);

boost::asio::awaitable<result<call_response>> ask_peer(node& n, std::string hostname, std::string target,
                                                       std::string body, call_limits limits);

}  // namespace litefs::proxy
