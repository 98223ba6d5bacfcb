#include "litefs/proxy/reload.hpp"

#include <spdlog/spdlog.h>

#include <utility>

namespace litefs::proxy {

namespace {

bool refuse(std::vector<config_error> const& errors) {
  for (auto const& e : errors) spdlog::error("SIGHUP: nothing changes: {}", to_string(e));
  return false;
}

}  // namespace

bool reload(node& n, worker_group& workers, config_loader const& load) {
  auto loaded = load();
  if (auto const* errors = std::get_if<std::vector<config_error>>(&loaded)) return refuse(*errors);
  auto& config = std::get<proxy_config>(loaded);
  auto const before = n.live();
  auto const changed = changed_keys(before->config, config);
  std::string restart;
  for (auto const& key : changed)
    if (!reloadable(key)) restart += (restart.empty() ? "" : ", ") + key;
  if (!restart.empty()) {
    spdlog::error("SIGHUP: nothing changes: a new value of {} needs a restart", restart);
    return false;
  }
  auto made = load_live(std::move(config));
  if (auto const* errors = std::get_if<std::vector<config_error>>(&made)) return refuse(*errors);
  auto const live = std::get<live_ptr>(made);
  n.replace_live(live);
  workers.post_live(live);
  spdlog::set_level(spdlog::level::from_str(live->config.log.level));
  std::string names;
  for (auto const& key : changed) names += (names.empty() ? "" : ", ") + key;
  spdlog::info("SIGHUP: certificates read again; changed: {}", names.empty() ? "nothing else" : names);
  return true;
}

}  // namespace litefs::proxy
