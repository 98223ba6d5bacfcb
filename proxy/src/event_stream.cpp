#include "litefs/proxy/event_stream.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include <utility>

#include "litefs/proxy/resolve.hpp"

namespace litefs::proxy {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

asio::awaitable<result<void>> event_stream::connect(endpoint const& api) {
  error_code failed;
  auto const connected_by = std::chrono::steady_clock::now() + connect_max;
  auto const found = co_await look_up(stream_.get_executor(), api, connect_max);
  if (!found) co_return found.error();
  stream_.expires_at(connected_by);
  co_await stream_.async_connect(*found, asio::redirect_error(asio::use_awaitable, failed));
  if (failed) co_return failed;
  http::request<http::empty_body> request(http::verb::get, "/events", 11);
  request.set(http::field::host, to_string(api));
  co_await http::async_write(stream_, request, asio::redirect_error(asio::use_awaitable, failed));
  if (failed) co_return failed;
  parser_.body_limit(boost::none);
  co_await http::async_read_header(stream_, buffer_, parser_,
                                   asio::redirect_error(asio::use_awaitable, failed));
  if (failed) co_return failed;
  if (parser_.get().result() != http::status::ok) co_return make_error_code(http::error::bad_status);
  litefs_id_ = std::string(parser_.get()["Litefs-Id"]);
  stream_.expires_never();
  co_return result<void>();
}

asio::awaitable<result<std::string>> event_stream::next_line() {
  for (;;) {
    if (auto const end = text_.find('\n'); end != std::string::npos) {
      auto line = text_.substr(0, end);
      text_.erase(0, end + 1);
      co_return line;
    }
    if (text_.size() > line_max) co_return make_error_code(errc::bad_event);
    auto const read = co_await read_more();
    if (!read) co_return read.error();
  }
}

asio::awaitable<result<void>> event_stream::read_more() {
  if (parser_.is_done()) co_return make_error_code(asio::error::eof);
  std::array<char, 8192> chunk;
  auto& body = parser_.get().body();
  body.data = chunk.data();
  body.size = chunk.size();
  body.more = true;
  error_code failed;
  co_await http::async_read_some(stream_, buffer_, parser_,
                                 asio::redirect_error(asio::use_awaitable, failed));
  text_.append(chunk.data(), chunk.size() - body.size);
  if (failed && failed != make_error_code(http::error::need_buffer)) co_return failed;
  co_return result<void>();
}

void event_stream::close() noexcept {
  error_code ignored;
  stream_.socket().close(ignored);
}

}  // namespace litefs::proxy
