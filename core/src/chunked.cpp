#include "litefs/chunked.hpp"

#include <boost/system/errc.hpp>

#include <algorithm>
#include <string_view>

namespace litefs {
namespace {

constexpr std::uint8_t digits_max = 16;

int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool text(char c) noexcept { return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f); }

bool name_character(char c) noexcept {
  return text(c) && static_cast<unsigned char>(c) < 0x80 &&
         std::string_view("\t \"(),/:;<=>?@[\\]{}").find(c) == std::string_view::npos;
}

}  // namespace

boost::system::error_code chunk_decoder::end_of_size() {
  if (digits_ == 0) return errc::bad_chunk;
  if (options_.body_max != 0 && remaining_ > options_.body_max - total_) {
    return boost::system::errc::make_error_code(boost::system::errc::message_size);
  }
  if (remaining_ > ~total_) return errc::bad_chunk;
  total_ += remaining_;
  return {};
}

// Everything but data goes through here, one byte at a time.
boost::system::error_code chunk_decoder::advance(char c) {
  auto const expect = [this](bool valid, state next) -> boost::system::error_code {
    if (!valid) return errc::bad_chunk;
    state_ = next;
    return {};
  };
  bool const counted = state_ == state::extension || state_ == state::trailer_start ||
                       state_ == state::trailer_name || state_ == state::trailer_value;
  if (counted && ++overhead_ > options_.overhead_max) return errc::bad_chunk;
  switch (state_) {
    case state::size:
      if (int const digit = hex_value(c); digit >= 0) {
        remaining_ = remaining_ << 4 | static_cast<std::uint64_t>(digit);
        return expect(++digits_ <= digits_max, state::size);
      }
      if (auto const error = end_of_size()) return error;
      return expect(c == ';' || c == '\r', c == ';' ? state::extension : state::size_lf);
    case state::extension:
      return expect(c == '\r' || text(c), c == '\r' ? state::size_lf : state::extension);
    case state::size_lf:
      return expect(c == '\n', remaining_ == 0 ? state::trailer_start : state::data);
    case state::data:
      return errc::bad_chunk;  // never: feed() takes data as a whole
    case state::data_cr:
      return expect(c == '\r', state::data_lf);
    case state::data_lf:
      remaining_ = 0;
      digits_ = 0;
      return expect(c == '\n', state::size);
    case state::trailer_start:
      return expect(c == '\r' || name_character(c), c == '\r' ? state::last_lf : state::trailer_name);
    case state::trailer_name:
      return expect(c == ':' || name_character(c), c == ':' ? state::trailer_value : state::trailer_name);
    case state::trailer_value:
      return expect(c == '\r' || text(c), c == '\r' ? state::trailer_lf : state::trailer_value);
    case state::trailer_lf:
      return expect(c == '\n', state::trailer_start);
    case state::last_lf:
      return expect(c == '\n', state::done);
    case state::done:
    case state::failed:
      return errc::bad_chunk;
  }
  return errc::bad_chunk;
}

result<chunk_decoder::step> chunk_decoder::feed(std::string_view input) {
  step out;
  while (out.consumed < input.size() && state_ != state::done) {
    if (state_ == state::data) {
      auto const rest = input.substr(out.consumed);
      auto const size = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, rest.size()));
      out.data = rest.substr(0, size);
      out.consumed += size;
      remaining_ -= size;
      if (remaining_ == 0) state_ = state::data_cr;
      return out;
    }
    if (auto const error = advance(input[out.consumed])) {
      state_ = state::failed;
      return error;
    }
    ++out.consumed;
  }
  out.done = state_ == state::done;
  return out;
}

}  // namespace litefs
