// Keeps the answer of a write from its client until the candidates have it too, where that was asked for.
//
// Asked for by the app (litefs-ack), by a path rule (ack-paths) or by the node's default (ack). Belongs to
// the session's thread.
#pragma once

#include "litefs/proxy/exchange.hpp"
#include "litefs/proxy/target_gate.hpp"
#include "litefs/proxy/transaction.hpp"

namespace litefs::proxy {

// By what the request alone tells: the app may still say otherwise.
[[nodiscard]] bool asks_for_replication(transaction const& t) noexcept;

// After an answer of this node's own target that may_have_written(). The app has done its work: a small
// answer is taken off it before the wait, and the `permit` to be at the target is given up. Sets
// answer.written and answer.ack. False: the client is answered already (504, since ack-on-timeout is `fail`
// or the role was lost), and the app's answer must be dropped.
awaitable<bool> acknowledge(transaction& t, attempt& a, target_gate::permit& permit);

}  // namespace litefs::proxy
