#include "litefs/link_seal.hpp"

#include <array>

namespace litefs {
namespace {

constexpr std::size_t mac_size = 64;

std::string_view name_of(link_side side) noexcept {
  return side == link_side::caller ? "caller" : "listener";
}

}  // namespace

link_seal::link_seal(keyring const& keys, std::string session, link_side own)
    : keys_(keys), session_(std::move(session)), own_(own) {}

std::string link_seal::seal(std::string_view text) {
  auto const number = std::to_string(sent_++);
  std::array<std::string_view, 4> const covered{session_, name_of(own_), number, text};
  auto line = keys_.sign(covered);
  return line.append(1, ' ').append(text);
}

result<std::string_view> link_seal::open(std::string_view line) {
  if (line.size() <= mac_size || line[mac_size] != ' ') return errc::bad_signature;
  auto const other = own_ == link_side::caller ? link_side::listener : link_side::caller;
  auto const text = line.substr(mac_size + 1);
  auto const number = std::to_string(received_);
  std::array<std::string_view, 4> const covered{session_, name_of(other), number, text};
  if (!keys_.verify(covered, line.substr(0, mac_size))) return errc::bad_signature;
  ++received_;
  return text;
}

}  // namespace litefs
