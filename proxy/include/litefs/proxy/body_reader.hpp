// The body of one message as a sequence of decoded pieces, whatever its framing.
//
// Takes what the head's buffer already holds, then reads into `block` in steps of 64 KiB, so that views into
// the head stay valid (the two may be one object where that does not matter). Never reads past a body of
// known length; bytes after a chunked one stay in `block`. Belongs to one worker thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "litefs/chunked.hpp"
#include "litefs/proxy/stream.hpp"
#include "litefs/proxy/stream_buffer.hpp"
#include "litefs/request_rules.hpp"

namespace litefs::proxy {

class body_reader {
 public:
  // `body_max` 0: no limit. `idle` bounds each wait for more bytes.
  body_reader(stream& from, stream_buffer& head, stream_buffer& block, framing how, std::uint64_t body_max,
              std::chrono::milliseconds idle);

  // The next piece, valid until the next call; empty at the end of the body. Errors: the stream's,
  // connection_reset for a body cut short, errc::bad_chunk, message_size beyond body_max.
  awaitable<result<std::string_view>> next();

  // What next() would give without reading, without waiting; empty if that is nothing.
  result<std::string_view> ready();

  [[nodiscard]] bool done() const noexcept { return done_; }
  [[nodiscard]] bool started() const noexcept { return started_; }  // a piece was given out
  [[nodiscard]] framing const& how() const noexcept { return framing_; }

 private:
  [[nodiscard]] stream_buffer& source() noexcept { return head_.empty() ? block_ : head_; }
  result<std::string_view> take();
  result<std::string_view> take_chunked();
  error_code end_of_stream() noexcept;

  stream& from_;
  stream_buffer& head_;
  stream_buffer& block_;
  framing framing_;
  std::uint64_t remaining_;
  std::uint64_t body_max_;
  std::uint64_t total_ = 0;
  std::chrono::milliseconds idle_;
  chunk_decoder chunks_;
  bool done_;
  bool started_ = false;
};

}  // namespace litefs::proxy
