// The configuration in force and what is made of it: what a SIGHUP replaces while requests run.
//
// Immutable. Each worker thread has a copy of its own, and each request keeps the one that it began with.
// load_live() reads the files that the configuration names; what cannot be used is an error like those of
// load_config().
#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "litefs/config.hpp"
#include "litefs/proxy/networks.hpp"
#include "litefs/proxy/tls_context.hpp"
#include "litefs/request_rules.hpp"

namespace litefs::proxy {

struct live_config {
  explicit live_config(proxy_config c);

  proxy_config config;
  rule_options rules;
  networks trusted;
  std::vector<tls_context> servers;  // of config.tls, in its order
  tls_context peers;                 // null: primary-url is plain http
  tls_context consul;                // null: the lease's Consul is asked by plain http
};
using live_ptr = std::shared_ptr<live_config const>;

[[nodiscard]] std::variant<live_ptr, std::vector<config_error>> load_live(proxy_config config);
// The same for a start: throws std::runtime_error with all errors.
[[nodiscard]] live_ptr load_live_or_throw(proxy_config config);

}  // namespace litefs::proxy
