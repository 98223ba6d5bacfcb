#include "litefs/position.hpp"

#include <boost/crc.hpp>

#include <charconv>

namespace litefs {
namespace {

constexpr std::size_t hex_digits = 16;

}  // namespace

result<std::uint64_t> parse_hex64(std::string_view text) noexcept {
  std::uint64_t value = 0;
  char const* const end = text.data() + text.size();
  if (text.size() != hex_digits || text.front() == '-') return errc::bad_txid;
  auto const [stop, error] = std::from_chars(text.data(), end, value, 16);
  if (error != std::errc{} || stop != end) return errc::bad_txid;
  return value;
}

std::string format_hex64(std::uint64_t value) {
  std::string text(hex_digits, '0');
  for (auto digit = text.rbegin(); value != 0; ++digit, value >>= 4) *digit = "0123456789abcdef"[value & 15];
  return text;
}

result<txid> parse_txid(std::string_view text) noexcept {
  auto const value = parse_hex64(text);
  if (!value) return value.error();
  return txid{*value};
}

std::string to_string(txid id) { return format_hex64(id.value); }

result<position> parse_position(std::string_view text) noexcept {
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.size() != 2 * hex_digits + 1 || text[hex_digits] != '/') return errc::bad_position;
  auto const id = parse_txid(text.substr(0, hex_digits));
  auto const checksum = parse_hex64(text.substr(hex_digits + 1));
  if (!id || !checksum) return errc::bad_position;
  return position{*id, *checksum};
}

std::string to_string(position const& pos) { return to_string(pos.txid) + '/' + format_hex64(pos.checksum); }

std::uint32_t database_id(std::string_view name) noexcept {
  boost::crc_32_type crc;
  crc.process_bytes(name.data(), name.size());
  return static_cast<std::uint32_t>(crc.checksum());
}

}  // namespace litefs
