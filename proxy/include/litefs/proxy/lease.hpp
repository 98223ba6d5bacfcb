// LiteFS's lease in Consul: who holds it, and giving back that of a dead LiteFS, so that another node can be
// primary at once.
//
// release_lease() is to be called only for a LiteFS that is known to be dead, and only by its supervisor: the
// session is destroyed only if the lease's value names `hostname`, so another node's lease is never touched.
// Requests carry the lease's token, else that in the environment variable CONSUL_HTTP_TOKEN, as LiteFS's own
// do. `tls`: by which an https Consul is asked. Bounded; thread-safe.
#pragma once

#include "litefs/config.hpp"
#include "litefs/error.hpp"
#include "litefs/proxy/tls_context.hpp"

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace litefs::proxy {

// What came of it, in words for the log.
boost::asio::awaitable<std::string> release_lease(consul_lease lease, std::string hostname,
                                                  tls_context tls = nullptr);

struct lease_holder {
  std::string session;
  std::string hostname;
};
// Of Consul's answer to GET /v1/kv/<key>; nullopt if nobody holds the lease or it is not LiteFS's.
[[nodiscard]] std::optional<lease_holder> parse_lease(std::string_view json);

// nullopt if nobody holds it; an error (the transport's, or errc::bad_event for an answer that is none) if
// Consul could not tell. The read is a consistent one: it reflects all that Consul has decided before.
using lease_result = result<std::optional<lease_holder>>;
boost::asio::awaitable<lease_result> read_lease(consul_lease lease, tls_context tls = nullptr);

}  // namespace litefs::proxy
