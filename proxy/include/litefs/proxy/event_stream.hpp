// LiteFS's `GET /events` as lines: one long response, chunked, newline-delimited.
//
// connect() returns when the head has come; next_line() waits without bound (silence is normal there). Lines
// are bounded at 64 KiB: errc::bad_event beyond. Any other error is the transport's; the stream is then
// useless. Not thread-safe.
#pragma once

#include "litefs/config.hpp"
#include "litefs/error.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>

#include <array>
#include <string>

namespace litefs::proxy {

class event_stream {
 public:
  static constexpr std::size_t line_max = 64 * 1024;
  static constexpr milliseconds connect_max{2'000};  // to the head of the response

  explicit event_stream(boost::asio::any_io_executor executor) : stream_(std::move(executor)) {}

  boost::asio::awaitable<result<void>> connect(endpoint const& api);
  boost::asio::awaitable<result<std::string>> next_line();
  void close() noexcept;
  // New at each start of LiteFS; "" if it did not say.
  [[nodiscard]] std::string const& litefs_id() const noexcept { return litefs_id_; }

 private:
  boost::asio::awaitable<result<void>> read_more();

  boost::beast::basic_stream<boost::asio::ip::tcp> stream_;
  boost::beast::flat_buffer buffer_;
  boost::beast::http::response_parser<boost::beast::http::buffer_body> parser_;
  std::string text_;  // received, not yet handed out
  std::string litefs_id_;
};

}  // namespace litefs::proxy
