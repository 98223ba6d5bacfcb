// A strict, incremental decoder of the chunked transfer coding (RFC 9112 section 7.1).
//
// Fed bytes as they come, it yields spans of body data inside them; it never copies and never buffers data.
// Sizes are at most 16 hex digits without sign or prefix, line ends are CRLF only, extensions are checked,
// skipped and bounded in total, trailers are checked, bounded and dropped. Not thread-safe: one per message.
#pragma once

#include "litefs/error.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace litefs {

class chunk_decoder {
 public:
  struct options {
    std::uint64_t body_max = 1ULL << 30;   // 0: no limit
    std::size_t overhead_max = 16 * 1024;  // extensions plus trailers, in total
  };
  struct step {
    std::size_t consumed = 0;  // bytes of the input used up, data included
    std::string_view data;     // body bytes inside the input; may be empty
    bool done = false;  // the last chunk and the trailers are complete; later bytes are the next message
  };

  chunk_decoder() = default;
  explicit chunk_decoder(options opts) : options_(opts) {}

  // Processes up to and including the next run of data. Call again with the rest until consumed ==
  // input.size() or done. Returns errc::bad_chunk for anything not strictly valid; the connection must then
  // be destroyed. body_max exceeded is boost::system::errc::message_size.
  result<step> feed(std::string_view input);

 private:
  enum class state : std::uint8_t {
    size,
    extension,
    size_lf,
    data,
    data_cr,
    data_lf,
    trailer_start,
    trailer_name,
    trailer_value,
    trailer_lf,
    last_lf,
    done,
    failed,
  };

  boost::system::error_code advance(char c);
  boost::system::error_code end_of_size();

  options options_;
  std::uint64_t remaining_ = 0;  // of the current chunk
  std::uint64_t total_ = 0;      // of all chunks announced so far
  std::size_t overhead_ = 0;
  std::uint8_t digits_ = 0;  // of the current size
  state state_ = state::size;
};

}  // namespace litefs
