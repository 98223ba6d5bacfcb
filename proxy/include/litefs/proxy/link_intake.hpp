// A peer's request for a link at the front door: answered with 101, then the connection moves to the control
// thread. Belongs to the session's thread.
#pragma once

#include "litefs/proxy/transaction.hpp"

namespace litefs::proxy {

// Of an authenticated peer only; to anybody else the path does not exist.
[[nodiscard]] bool asks_for_link(transaction const& t) noexcept;

awaitable<void> hand_over_link(transaction& t);

}  // namespace litefs::proxy
