// After a 101: bytes both ways, untouched, until both sides ended or nothing passed for timeouts.response.
//
// A half-close is passed on. Belongs to the session's thread; the connections are of no other use afterwards.
#pragma once

#include "litefs/proxy/exchange.hpp"

namespace litefs::proxy {

awaitable<void> tunnel(transaction& t, attempt& a);

}  // namespace litefs::proxy
