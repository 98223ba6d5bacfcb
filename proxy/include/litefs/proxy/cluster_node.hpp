// The parts of the control thread that only a node of a cluster has: keeper, watcher, publisher, LiteFS,
// handoff.
//
// Constructed before the workers start, destroyed after they have joined. Not thread-safe: control thread
// only.
#pragma once

#include <optional>

#include <boost/asio/io_context.hpp>

#include "litefs/proxy/handoff.hpp"
#include "litefs/proxy/keeper_link.hpp"
#include "litefs/proxy/litefs_process.hpp"
#include "litefs/proxy/publisher.hpp"
#include "litefs/proxy/reaper.hpp"
#include "litefs/proxy/supervisor.hpp"
#include "litefs/proxy/view.hpp"
#include "litefs/proxy/watcher.hpp"

namespace litefs::proxy {

class cluster_node {
 public:
  // Requires shared.config.litefs. Throws boost::system::system_error if the node page cannot be created.
  cluster_node(boost::asio::io_context& context, condition& changed, reaper& r, node& shared,
               worker_group& workers);

  [[nodiscard]] cluster_parts parts() noexcept;
  [[nodiscard]] view const& own_view() const noexcept { return view_; }
  [[nodiscard]] keeper_link& keeper() noexcept { return keeper_; }
  void close_page() noexcept { publisher_.close(); }
  [[nodiscard]] proxy::handoff& handing_over() noexcept { return handoff_; }

 private:
  view view_;  // the control thread's own
  publisher publisher_;
  keeper_link keeper_;
  watcher watcher_;
  std::optional<litefs_process> litefs_;
  proxy::handoff handoff_;
};

}  // namespace litefs::proxy
