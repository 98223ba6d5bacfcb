#include "litefs/proxy/stream_buffer.hpp"

#include <algorithm>
#include <cstring>

namespace litefs::proxy {

std::span<char> stream_buffer::prepare(std::size_t least) {
  if (begin_ == end_) begin_ = end_ = 0;
  if (capacity_ - end_ >= least && block_) return {block_.get() + end_, capacity_ - end_};
  auto const used = size();
  if (capacity_ - used >= least && block_) {
    std::memmove(block_.get(), block_.get() + begin_, used);
  } else {
    auto const wanted = std::max({initial_, capacity_ * 2, used + least});
    auto bigger = std::make_unique_for_overwrite<char[]>(wanted);
    if (used > 0) std::memcpy(bigger.get(), block_.get() + begin_, used);
    block_ = std::move(bigger);
    capacity_ = wanted;
  }
  begin_ = 0;
  end_ = used;
  return {block_.get() + end_, capacity_ - end_};
}

void stream_buffer::append(std::string_view bytes) {
  if (bytes.empty()) return;
  auto const room = prepare(bytes.size());
  std::memcpy(room.data(), bytes.data(), bytes.size());
  commit(bytes.size());
}

void stream_buffer::release() noexcept {
  if (!empty()) return;
  clear();
  block_.reset();
  capacity_ = 0;
}

}  // namespace litefs::proxy
