#include "litefs/proxy/head_reader.hpp"

#include <boost/asio/error.hpp>

#include "litefs/proxy/message_head.hpp"

namespace litefs::proxy {

namespace {

constexpr std::size_t leading_crlf_max = 4;  // bytes
constexpr std::size_t read_least = 2048;

// True when what is left could still turn out to be an empty line.
bool skip_empty_lines(stream_buffer& buffer, std::size_t& skipped) {
  while (buffer.size() >= 2 && skipped < leading_crlf_max && buffer.data().starts_with("\r\n")) {
    buffer.consume(2);
    skipped += 2;
  }
  return skipped < leading_crlf_max && buffer.data() == "\r";
}

}  // namespace

awaitable<head_outcome> read_head(stream& from, stream_buffer& buffer, head_limits limits,
                                  time_point const& deadline) {
  head_scanner scanner;
  std::size_t skipped = limits.skip_crlf ? 0 : leading_crlf_max;
  for (;;) {
    bool const undecided = skip_empty_lines(buffer, skipped);
    if (!undecided && !buffer.empty()) {
      skipped = leading_crlf_max;
      auto const verdict = scanner.scan(buffer.data());
      if (verdict == head_scanner::verdict::bare_lf) co_return rejection{400, "bare-lf"};
      if (verdict == head_scanner::verdict::complete) {
        if (scanner.head_size() > limits.bytes) co_return rejection{431, "head-too-large"};
        co_return buffer.data().substr(0, scanner.head_size());
      }
      if (!scanner.first_line_seen() && buffer.size() > limits.first_line)
        co_return rejection{414, "target-too-long"};
      if (buffer.size() > limits.bytes) co_return rejection{431, "head-too-large"};
    }
    auto const n = co_await from.read_some(buffer.prepare(read_least), deadline);
    if (n.has_error()) {
      if (n.error() == asio::error::eof && !buffer.empty())
        co_return error_code(asio::error::connection_reset);
      co_return n.error();
    }
    buffer.commit(*n);
  }
}

}  // namespace litefs::proxy
