// Which keys a running node can change.
#include <algorithm>
#include <array>
#include <map>

#include "config_reader.hpp"

namespace litefs {
namespace {

// What is used anew for each request or connection. A name ends with '.' for all keys below it.
constexpr std::array<std::string_view, 29> changeable{"trusted-proxies",
                                                      "passthrough",
                                                      "always-forward",
                                                      "read-wait",
                                                      "primary-redirect-timeout",
                                                      "max-lag",
                                                      "stale-reads",
                                                      "stale-max",
                                                      "replay-on-write",
                                                      "body-on-safe-methods",
                                                      "extra-methods",
                                                      "allow-app-replay",
                                                      "cookie.",
                                                      "limits.header-bytes",
                                                      "limits.headers",
                                                      "limits.body",
                                                      "limits.connections",
                                                      "limits.held",
                                                      "limits.held-body",
                                                      "limits.waiting",
                                                      "timeouts.header",
                                                      "timeouts.body-idle",
                                                      "timeouts.connect",
                                                      "timeouts.primary-connect",
                                                      "timeouts.response",
                                                      "timeouts.idle",
                                                      "timeouts.target-queue",
                                                      "log.level",
                                                      "log.access"};
constexpr std::string_view files_of_tls = "tls[";  // but for their addr

void flatten(YAML::Node const& node, std::string const& key, std::map<std::string, std::string>& out) {
  if (node.IsMap()) {
    for (auto const& entry : node)
      flatten(entry.second, configuration::join_key(key, entry.first.Scalar()), out);
  } else if (node.IsSequence() && node.size() > 0 && node[0].IsMap()) {
    for (std::size_t i = 0; i < node.size(); ++i) flatten(node[i], key + '[' + std::to_string(i) + ']', out);
  } else {
    out[key] = YAML::Dump(node);
  }
}

std::map<std::string, std::string> leaves(proxy_config const& config) {
  std::map<std::string, std::string> out;
  flatten(configuration::write_struct(configuration::top_fields(), config), "", out);
  return out;
}

bool same_processes(proxy_config const& a, proxy_config const& b) {
  return std::ranges::equal(a.exec, b.exec, [](auto const& x, auto const& y) { return x.env == y.env; });
}

}  // namespace

std::vector<std::string> changed_keys(proxy_config const& before, proxy_config const& after) {
  auto const old = leaves(before);
  auto const now = leaves(after);
  std::vector<std::string> changed;
  for (auto const& [key, value] : now) {
    auto const found = old.find(key);
    if (found == old.end() || found->second != value) changed.push_back(key);
  }
  for (auto const& [key, value] : old)
    if (!now.contains(key)) changed.push_back(key);
  // What is not shown is compared where it is.
  if (before.secrets != after.secrets && std::ranges::find(changed, "secret") == changed.end())
    changed.push_back("secret");
  if (before.exec.size() == after.exec.size() && !same_processes(before, after))
    changed.push_back("exec.env");
  return changed;
}

bool reloadable(std::string_view key) {
  if (key.starts_with(files_of_tls)) return !key.ends_with(".addr");
  if (key.starts_with("peer-tls.")) return true;
  return std::ranges::any_of(changeable, [&](std::string_view name) {
    return name.ends_with('.') ? key.starts_with(name) : key == name;
  });
}

}  // namespace litefs
