#include "litefs/proxy/peer_endpoint.hpp"

#include <algorithm>

#include "litefs/hostname.hpp"
#include "litefs/proxy/http_call.hpp"

namespace litefs::proxy {

std::optional<endpoint> peer_endpoint(proxy_config const& config, std::string_view hostname) {
  if (!valid_hostname(hostname)) return std::nullopt;
  auto const url = peer_url(config, hostname);
  auto const found = url ? endpoint_of_url(*url) : std::nullopt;
  if (!found || found->host.empty()) return std::nullopt;
  auto const same = [&](endpoint own) {
    own.tls = found->tls;
    return own == *found;
  };
  auto const addresses = all_addresses(config);
  bool const own = std::any_of(addresses.begin(), addresses.end(), same);
  bool const api = config.litefs && same(config.litefs->api);
  if (own || api) return std::nullopt;
  return found;
}

}  // namespace litefs::proxy
