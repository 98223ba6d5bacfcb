#include "litefs/proxy/node.hpp"

#include <utility>

namespace litefs::proxy {

namespace {
constexpr std::size_t boot_bytes = 8;

std::vector<std::uint32_t> ids_of(std::vector<std::string> const& names) {
  std::vector<std::uint32_t> ids;
  for (auto const& name : names) ids.push_back(database_id(name));
  return ids;
}

}  // namespace

node::node(proxy_config c)
    : config(c),
      database_ids(ids_of(config.databases)),
      boot(random_hex(boot_bytes)),
      hop_keys(config.secrets, hop_label),
      marker_keys(config.secrets, marker_label),
      link_keys(config.secrets, link_label),
      live_(load_live_or_throw(std::move(c))) {}

live_ptr node::live() const {
  std::scoped_lock const lock(live_mutex_);
  return live_;
}

void node::replace_live(live_ptr with) {
  std::scoped_lock const lock(live_mutex_);
  live_ = std::move(with);
}

std::string_view node::hostname() const noexcept {
  return config.litefs ? std::string_view(config.litefs->hostname) : std::string_view{};
}

}  // namespace litefs::proxy
