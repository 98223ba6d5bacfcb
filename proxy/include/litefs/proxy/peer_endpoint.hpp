// Where the proxy of another node listens, from its hostname and `primary-url`. Pure, thread-safe.
//
// nullopt for a name that the map does not list, a URL that is no http://host:port, or one that leads to
// LiteFS's own API or to this proxy: those are never dialled.
#pragma once

#include <optional>
#include <string_view>

#include "litefs/config.hpp"

namespace litefs::proxy {

[[nodiscard]] std::optional<endpoint> peer_endpoint(proxy_config const& config, std::string_view hostname);

}  // namespace litefs::proxy
