// From an accepted head to the facts that routing needs: who sent it, what is believed of it, which positions
// it demands. Runs once per request, on the session's thread, without waiting.
#pragma once

#include <string_view>

#include "litefs/proxy/transaction.hpp"

namespace litefs::proxy {

// Why a hop is not believed. `provable`: the sender's mac is good, so the marker may carry ours.
struct hop_refusal {
  std::string_view reason;  // a literal
  bool provable = false;
};

// Fills in everything after `head` and `accepted`. A refusal means: answer 503, forward nothing.
std::optional<hop_refusal> take_in(transaction& t);

}  // namespace litefs::proxy
