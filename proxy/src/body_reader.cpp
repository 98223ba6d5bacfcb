#include "litefs/proxy/body_reader.hpp"

#include <algorithm>
#include <boost/asio/error.hpp>

namespace litefs::proxy {

namespace {
constexpr std::size_t read_size = 64 * 1024;
}

body_reader::body_reader(stream& from, stream_buffer& head, stream_buffer& block, framing how,
                         std::uint64_t body_max, std::chrono::milliseconds idle)
    : from_(from),
      head_(head),
      block_(block),
      framing_(how),
      remaining_(how.length),
      body_max_(body_max),
      idle_(idle),
      chunks_(chunk_decoder::options{.body_max = body_max}),
      done_(how.kind == body_kind::none || (how.kind == body_kind::length && how.length == 0)) {}

result<std::string_view> body_reader::ready() {
  if (done_ || source().empty()) return std::string_view{};
  return take();
}

awaitable<result<std::string_view>> body_reader::next() {
  for (;;) {
    if (done_) co_return std::string_view{};
    if (!source().empty()) {
      auto piece = take();
      if (piece.has_error() || !piece->empty()) co_return piece;
      continue;
    }
    auto room = block_.prepare(read_size);
    if (framing_.kind == body_kind::length && remaining_ < room.size())
      room = room.first(static_cast<std::size_t>(remaining_));
    auto const n = co_await from_.read_some(room, from_.ticks().now() + idle_);
    if (n.has_error()) {
      auto const ec = n.error() == asio::error::eof ? end_of_stream() : n.error();
      if (ec) co_return ec;
      co_return std::string_view{};
    }
    block_.commit(*n);
  }
}

result<std::string_view> body_reader::take() {
  started_ = true;
  if (framing_.kind == body_kind::chunked) return take_chunked();
  auto& buffer = source();
  auto piece = buffer.data();
  if (framing_.kind == body_kind::length) {
    piece = piece.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), remaining_)));
    remaining_ -= piece.size();
    done_ = remaining_ == 0;
  }
  total_ += piece.size();
  if (body_max_ != 0 && total_ > body_max_) return error_code(asio::error::message_size);
  buffer.consume(piece.size());
  return piece;
}

result<std::string_view> body_reader::take_chunked() {
  auto& buffer = source();
  while (!buffer.empty() && !done_) {
    auto const step = chunks_.feed(buffer.data());
    if (step.has_error()) return step.error();
    buffer.consume(step->consumed);
    done_ = step->done;
    if (!step->data.empty()) return step->data;
    if (step->consumed == 0 && !done_) break;  // cannot happen; never spin on a decoder that stands still
  }
  return std::string_view{};
}

// Only a body that ends with its connection may end here.
error_code body_reader::end_of_stream() noexcept {
  if (framing_.kind != body_kind::until_close) return asio::error::connection_reset;
  done_ = true;
  return {};
}

}  // namespace litefs::proxy
