// Bytes read from a connection and not yet used, in one contiguous block.
//
// Consuming never moves bytes, so views stay valid until the next prepare(), compact() or release(). Not
// thread-safe.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace litefs::proxy {

class stream_buffer {
 public:
  explicit stream_buffer(std::size_t initial) : initial_(initial) {}

  [[nodiscard]] std::string_view data() const noexcept { return {block_.get() + begin_, end_ - begin_}; }
  [[nodiscard]] std::size_t size() const noexcept { return end_ - begin_; }
  [[nodiscard]] bool empty() const noexcept { return begin_ == end_; }

  // Room for at least `least` more bytes; all the room there is. May move the bytes.
  [[nodiscard]] std::span<char> prepare(std::size_t least);
  void commit(std::size_t n) noexcept { end_ += n; }
  void consume(std::size_t n) noexcept { begin_ += n; }
  void append(std::string_view bytes);
  void clear() noexcept { begin_ = end_ = 0; }
  // Gives the memory back when nothing is stored, for connections that idle.
  void release() noexcept;

 private:
  std::size_t initial_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::unique_ptr<char[]> block_;
};

}  // namespace litefs::proxy
