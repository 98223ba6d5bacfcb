// Reads one message head from a stream into its buffer, within limits and one total deadline.
//
// The head stays in the buffer (views into it live until the buffer is prepared again); bytes after it are
// the body or the next message. Belongs to one worker thread.
#pragma once

#include <optional>
#include <string_view>
#include <variant>

#include "litefs/proxy/message_head.hpp"
#include "litefs/proxy/stream.hpp"
#include "litefs/proxy/stream_buffer.hpp"
#include "litefs/request_rules.hpp"

namespace litefs::proxy {

struct head_limits {
  std::size_t bytes = 32 * 1024;
  std::size_t first_line = 8192 + 64;
  bool skip_crlf = false;  // empty lines before a request line (RFC 9112 section 2.2)
};

// The raw head; a rejection for bytes that are no head; an error of the stream. end_of_file before the first
// byte is how a kept-alive connection ends; in the middle of a head it is `connection_reset`.
using head_outcome = std::variant<std::string_view, rejection, error_code>;

// Looks for it in bytes that are here already; to be asked again when more have come.
class head_search {
 public:
  explicit head_search(head_limits limits) noexcept;
  [[nodiscard]] std::optional<head_outcome> look_into(stream_buffer& buffer);

 private:
  head_limits limits_;
  head_scanner scanner_;
  std::size_t skipped_;  // bytes of empty lines
};

// `deadline` must outlive the call and is looked at anew before each read: what goes on elsewhere may move
// it.
awaitable<head_outcome> read_head(stream& from, stream_buffer& buffer, head_search search,
                                  time_point const& deadline);

}  // namespace litefs::proxy
