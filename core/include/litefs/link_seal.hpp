// Seals the lines of one peer link, so that only who knows the secret can speak on it, and only once.
//
// A sealed line is `<64 hex mac> <text>`. The mac covers the session (both sides' nonces), the direction and
// the number of the line, so a line cannot be altered, repeated, left out, sent back or moved to another
// link. One object for each end of a link; not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "litefs/error.hpp"
#include "litefs/signature.hpp"

namespace litefs {

enum class link_side : std::uint8_t { caller, listener };

class link_seal {
 public:
  // `keys` must outlive it.
  link_seal(keyring const& keys, std::string session, link_side own);

  [[nodiscard]] std::string seal(std::string_view text);
  // The text inside; errc::bad_signature if the line is not the next one of the other side.
  [[nodiscard]] result<std::string_view> open(std::string_view line);

 private:
  keyring const& keys_;
  std::string session_;
  link_side own_;
  std::uint64_t sent_ = 0;
  std::uint64_t received_ = 0;
};

}  // namespace litefs
