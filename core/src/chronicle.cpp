#include "litefs/chronicle.hpp"

#include <algorithm>

namespace litefs {

bool chronicle::merge(std::vector<incident> const& told) {
  bool changed = false;
  for (auto const& one : told) changed = add(one) || changed;
  return changed;
}

bool chronicle::add(incident const& one) {
  bool const full = kept_.size() >= capacity;
  auto const place = std::ranges::lower_bound(kept_, one);
  if (full && place == kept_.begin()) return false;
  if (place != kept_.end() && *place == one) return false;
  kept_.insert(place, one);
  if (full) kept_.erase(kept_.begin());
  return true;
}

}  // namespace litefs
