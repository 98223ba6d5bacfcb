// Gives back LiteFS's lease in Consul, so that another node can be primary at once.
//
// To be called only for a LiteFS that is known to be dead, and only by its supervisor: the session is
// destroyed only if the lease's value names `hostname`, so another node's lease is never touched. Bounded;
// thread-safe.
#pragma once

#include "litefs/config.hpp"

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace litefs::proxy {

// What came of it, in words for the log.
boost::asio::awaitable<std::string> release_lease(consul_lease lease, std::string hostname);

struct lease_holder {
  std::string session;
  std::string hostname;
};
// Of Consul's answer to GET /v1/kv/<key>; nullopt if nobody holds the lease or it is not LiteFS's.
[[nodiscard]] std::optional<lease_holder> parse_lease(std::string_view json);

}  // namespace litefs::proxy
