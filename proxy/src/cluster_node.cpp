#include "litefs/proxy/cluster_node.hpp"

#include <memory>
#include <utility>

namespace litefs::proxy {

namespace asio = boost::asio;

namespace {

node_state nothing_known() {
  node_state s;
  s.mount_alive = false;
  return s;
}

std::unique_ptr<node_page_writer> make_page(proxy_config const& config) {
  return std::make_unique<node_page_writer>(config.node_page.empty() ? default_page_path(config.litefs->mount)
                                                                     : config.node_page);
}

// The very program that runs: by its path, an upgrade in place would give us a keeper of another version.
constexpr auto own_executable = "/proc/self/exe";

}  // namespace

cluster_node::cluster_node(asio::io_context& context, condition& changed, reaper& r, node& shared,
                           worker_group& workers)
    : view_(context, nothing_known()),
      publisher_(
          [this, &workers](std::shared_ptr<node_state const> state, std::optional<tx_event> tx) {
            view_.post_state(state, tx);
            workers.post_state(std::move(state), std::move(tx));
          },
          make_page(shared.config)),
      keeper_(context, r, changed, own_executable,
              {.mount = shared.config.litefs->mount, .databases = shared.config.databases}),
      watcher_(context, changed, *shared.config.litefs, keeper_, publisher_),
      handoff_(context, changed, shared, view_, workers, keeper_, watcher_) {
  keeper_.on_report = [this](mount_report const& report) { watcher_.on_report(report); };
  if (shared.config.litefs->cmd.empty()) return;
  litefs_.emplace(context, r, changed, *shared.config.litefs, keeper_);
  litefs_->on_gone = [this] { watcher_.on_litefs_gone(); };
}

cluster_parts cluster_node::parts() noexcept {
  return {.keeper = keeper_, .watcher = watcher_, .litefs = litefs_ ? &*litefs_ : nullptr};
}

}  // namespace litefs::proxy
