// The cookie work on a response: which positions the client (or the peer in front of it) is told, and what
// marks a stale or diverged answer carries.
//
// Runs once, when the head of the final response is known and nothing of it was sent. Belongs to the
// session's thread.
#pragma once

#include <string>

#include "litefs/proxy/transaction.hpp"

namespace litefs::proxy {

struct upstream_answer {
  response_head head;
  accepted_response accepted;
  bool ran_here = false;  // by this node's target
};

// Header lines to add, each ended by CRLF; empty for most responses. Asks the keeper for positions only after
// a write whose app does not tell them.
awaitable<std::string> consistency_lines(transaction const& t, upstream_answer const& answer);

}  // namespace litefs::proxy
