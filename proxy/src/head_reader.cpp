#include "litefs/proxy/head_reader.hpp"

#include <boost/asio/error.hpp>

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

head_search::head_search(head_limits limits) noexcept
    : limits_(limits), skipped_(limits.skip_crlf ? 0 : leading_crlf_max) {}

std::optional<head_outcome> head_search::look_into(stream_buffer& buffer) {
  bool const undecided = skip_empty_lines(buffer, skipped_);
  if (undecided || buffer.empty()) return std::nullopt;
  skipped_ = leading_crlf_max;
  auto const verdict = scanner_.scan(buffer.data());
  if (verdict == head_scanner::verdict::bare_lf) return rejection{400, "bare-lf"};
  if (verdict == head_scanner::verdict::complete) {
    if (scanner_.head_size() > limits_.bytes) return rejection{431, "head-too-large"};
    return buffer.data().substr(0, scanner_.head_size());
  }
  if (!scanner_.first_line_seen() && buffer.size() > limits_.first_line)
    return rejection{414, "target-too-long"};
  if (buffer.size() > limits_.bytes) return rejection{431, "head-too-large"};
  return std::nullopt;
}

awaitable<head_outcome> read_head(stream& from, stream_buffer& buffer, head_search search,
                                  time_point const& deadline) {
  for (;;) {
    if (auto const found = search.look_into(buffer)) co_return *found;
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
