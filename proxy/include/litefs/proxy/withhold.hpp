// Keeps the answer of a write from its client until it is certain that the write happened on the primary.
#pragma once

#include <cstdint>

#include "litefs/proxy/transaction.hpp"

namespace litefs::proxy {

// `epoch`: of the lease when the write was sent to the app. True at once while that lease is proven; else as
// soon as it is proven to be the same one all the time. False if it is not (the role was lost under the
// write, which a planned handoff never does), or after primary-redirect-timeout: the outcome is unknown then.
awaitable<bool> lease_kept(transaction& t, std::uint64_t epoch);

}  // namespace litefs::proxy
