#include "litefs/node_state.hpp"

#include <algorithm>

namespace litefs {

std::string_view to_string(role r) noexcept {
  switch (r) {
    case role::unknown:
      return "unknown";
    case role::primary:
      return "primary";
    case role::replica:
      return "replica";
    case role::disconnected:
      return "disconnected";
    case role::single:
      return "single";
  }
  return "unknown";
}

database_position const* node_state::find(std::uint32_t id) const noexcept {
  auto const found =
      std::ranges::find_if(positions, [id](auto const& p) { return database_id(p.database) == id; });
  return found == positions.end() ? nullptr : &*found;
}

}  // namespace litefs
