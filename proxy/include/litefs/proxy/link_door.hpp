// The handshake of a peer link: an HTTP upgrade of a signed request, at the front door of the other node.
//
// `GET /litefs/peer/link` with `Upgrade: litefs-link/1` and a signed hop; the 101 carries the listener's
// nonce in `litefs-link`, and both nonces name the session that the lines are sealed for. Dialling returns
// errc::bad_hostname for a peer that primary-url does not name, the transport's errors, or
// errc::bad_link_message for any other answer. Control thread only.
#pragma once

#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>

#include "litefs/proxy/link_session.hpp"
#include "litefs/proxy/node.hpp"

namespace litefs::proxy {

inline constexpr std::string_view link_path = "/litefs/peer/link";
inline constexpr std::string_view link_protocol = "litefs-link/1";
inline constexpr std::string_view link_nonce_field = "litefs-link";

// A link asked for by an authenticated peer; its 101 was sent. Owns the connection until it is opened.
struct link_caller {
  loose_stream connection;
  std::string from;
  std::string session;
};

[[nodiscard]] std::string link_session_name(std::string_view caller_nonce, std::string_view listener_nonce);

boost::asio::awaitable<result<open_link>> dial_link(node& n, boost::asio::io_context& context, sweep& ticks,
                                                    std::string hostname);

}  // namespace litefs::proxy
