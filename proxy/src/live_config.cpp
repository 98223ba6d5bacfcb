#include "litefs/proxy/live_config.hpp"

#include <stdexcept>
#include <utility>

namespace litefs::proxy {

namespace {

using made = std::variant<tls_context, tls_problem>;

// Null, and an error more, if it could not be made.
tls_context taken(made from, std::string const& file, std::string const& below,
                  std::vector<config_error>& errors) {
  if (auto* const context = std::get_if<tls_context>(&from)) return std::move(*context);
  auto& p = std::get<tls_problem>(from);
  errors.push_back({.file = file,
                    .line = 0,
                    .column = 0,
                    .key = below + '.' + p.key,
                    .message = std::move(p.message),
                    .fix = std::move(p.fix)});
  return nullptr;
}

}  // namespace

live_config::live_config(proxy_config c)
    : config(std::move(c)),
      rules{.extra_methods = config.extra_methods,
            .body_on_safe_methods = config.body_on_safe_methods,
            .body_max = config.limits.body,
            .headers_max = config.limits.headers},
      trusted(config.trusted_proxies) {}

std::variant<live_ptr, std::vector<config_error>> load_live(proxy_config config) {
  auto live = std::make_shared<live_config>(std::move(config));
  auto const& c = live->config;
  std::vector<config_error> errors;
  for (auto const& listener : c.tls) {
    auto const key = "tls[" + std::to_string(live->servers.size()) + ']';
    live->servers.push_back(taken(server_context(listener), c.file, key, errors));
  }
  if (peers_use_tls(c)) live->peers = taken(peer_context(c.peer_tls), c.file, "peer-tls", errors);
  if (c.litefs && c.litefs->consul && c.litefs->consul->api.tls)
    live->consul = taken(peer_context({}), c.file, "litefs.consul", errors);
  if (!errors.empty()) return errors;
  return live_ptr(std::move(live));
}

live_ptr load_live_or_throw(proxy_config config) {
  auto loaded = load_live(std::move(config));
  if (auto* const live = std::get_if<live_ptr>(&loaded)) return std::move(*live);
  std::string all;
  for (auto const& e : std::get<std::vector<config_error>>(loaded))
    all += (all.empty() ? "" : "\n") + to_string(e);
  throw std::runtime_error(all);
}

}  // namespace litefs::proxy
