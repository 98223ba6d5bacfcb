// The cookie work on a response: which positions the client (or the peer in front of it) is told, and what
// marks a stale or diverged answer carries.
//
// Runs once, when the head of the final response is known and nothing of it was sent. Belongs to the
// session's thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "litefs/proxy/transaction.hpp"

namespace litefs::proxy {

struct upstream_answer {
  response_head head;
  accepted_response accepted;
  bool ran_here = false;  // by this node's target
  // Of a write that ran here: what it committed, and how that is acknowledged.
  std::optional<std::vector<database_position>> written;
  acknowledgement ack = acknowledgement::local;
};

// The app says that it committed something, or does not say and may have, as far as method, status and role
// tell.
[[nodiscard]] bool may_have_written(transaction const& t, upstream_answer const& answer);
// What the request committed: from the app, else from the keeper.
awaitable<std::vector<database_position>> written(transaction const& t, upstream_answer const& answer);

// Header lines to add, each ended by CRLF; empty for most responses. Asks the keeper for positions only after
// a write whose app does not tell them.
awaitable<std::string> consistency_lines(transaction const& t, upstream_answer const& answer);

}  // namespace litefs::proxy
