#include "litefs/gate_policy.hpp"

#include <algorithm>

namespace litefs {

using std::chrono::milliseconds;

void gate_policy::primary_at(std::string_view database, position const& at, time_point now) {
  // Not the highest one seen: another primary may have fewer transactions.
  auto const known = primary_.find(database);
  if (known == primary_.end()) {
    primary_.emplace(database, at.txid);
  } else {
    known->second = at.txid;
  }
  if (!behind_since_ && behind()) behind_since_ = now;
}

void gate_policy::local_at(std::string_view database, position const& at, time_point now) {
  auto const known = local_.find(database);
  if (known == local_.end()) {
    local_.emplace(database, at.txid);
  } else if (known->second != at.txid) {
    known->second = at.txid;
    progress_ = true;
    // Whatever held it up is over.
    if (pause_.count() > 0) open_until_ = std::min(open_until_, now + options_.open_min);
    pause_ = milliseconds{0};
  }
  if (behind_since_) late_ = now > *behind_since_ + options_.grace;
  behind_since_ = behind() ? std::optional(now) : std::nullopt;
}

// A database that this node has not got yet is nobody's to read here.
bool gate_policy::behind() const noexcept {
  return std::ranges::any_of(primary_, [this](auto const& at) {
    auto const here = local_.find(at.first);
    return here != local_.end() && here->second < at.second;
  });
}

bool gate_policy::closed(time_point now) {
  if (!behind()) behind_since_.reset();
  if (closed_since_) {
    bool const too_long = now >= *closed_since_ + options_.closed_max;
    if (!behind_since_ || long_read_) {
      open(now, options_.open_min);
    } else if (too_long) {
      if (!progress_) pause_ = std::clamp(pause_ * 2, options_.closed_max, options_.futile_max);
      open(now, progress_ ? options_.open_min : pause_);
    }
  } else if (behind_since_ && !long_read_ && now >= earliest()) {
    closed_since_ = now;
    progress_ = false;
  }
  return closed_since_.has_value();
}

void gate_policy::open(time_point now, milliseconds for_at_least) {
  closed_since_.reset();
  open_until_ = now + for_at_least;
}

std::optional<time_point> gate_policy::due() const noexcept {
  if (closed_since_) return *closed_since_ + options_.closed_max;
  if (!behind_since_ || long_read_) return std::nullopt;
  return earliest();
}

time_point gate_policy::earliest() const noexcept {
  return std::max(late_ ? *behind_since_ : *behind_since_ + options_.grace, open_until_);
}

milliseconds gate_policy::closed_for(time_point now) const noexcept {
  return closed_since_ ? std::chrono::duration_cast<milliseconds>(now - *closed_since_) : milliseconds{0};
}

}  // namespace litefs
