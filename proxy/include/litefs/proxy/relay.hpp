// Sends a final response on to the client: head and first bytes in one write, then the body as it comes, with
// the client's pace as back-pressure.
//
// A body cut short after the head was sent aborts the client's connection: it must see the truncation.
// Belongs to the session's thread.
#pragma once

#include "litefs/proxy/exchange.hpp"

namespace litefs::proxy {

// True if the upstream connection may be used for another request.
awaitable<bool> relay_response(transaction& t, attempt& a);

}  // namespace litefs::proxy
