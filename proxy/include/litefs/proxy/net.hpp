// The socket types of the data path. TCP and unix-domain streams are one type, with a concrete executor, so
// that no operation pays for type erasure. No state; see stream.hpp for what is done with them.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>

#include "litefs/error.hpp"

namespace litefs::proxy {

namespace asio = boost::asio;
using boost::system::error_code;

using executor = asio::io_context::executor_type;
using stream_socket = asio::basic_stream_socket<asio::generic::stream_protocol, executor>;
using time_point = std::chrono::steady_clock::time_point;
using clock = std::chrono::steady_clock;

template <class T = void>
using awaitable = asio::awaitable<T>;

// Errors of an operation are values: `auto [ec, n] = co_await s.async_read_some(b, no_throw);`
inline constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);

}  // namespace litefs::proxy
