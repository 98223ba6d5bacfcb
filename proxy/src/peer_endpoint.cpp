#include "litefs/proxy/peer_endpoint.hpp"

#include <algorithm>
#include <string>

#include "litefs/hostname.hpp"

namespace litefs::proxy {

std::optional<endpoint> peer_endpoint(proxy_config const& config, std::string_view hostname) {
  constexpr std::string_view scheme = "http://";
  if (!valid_hostname(hostname)) return std::nullopt;
  auto const url = peer_url(config, hostname);
  if (!url || !url->starts_with(scheme)) return std::nullopt;
  std::string authority = url->substr(scheme.size());
  if (authority.ends_with('/')) authority.pop_back();
  if (authority.find(':') == std::string::npos) authority += ":80";
  auto const found = parse_endpoint(authority);
  if (!found || found->host.empty() || !found->unix_path.empty()) return std::nullopt;
  bool const own = std::find(config.addr.begin(), config.addr.end(), *found) != config.addr.end();
  bool const api = config.litefs && *found == config.litefs->api;
  if (own || api) return std::nullopt;
  return found;
}

}  // namespace litefs::proxy
