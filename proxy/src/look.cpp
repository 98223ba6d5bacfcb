#include "litefs/proxy/look.hpp"

#include "litefs/proxy/cluster_node.hpp"
#include "litefs/proxy/node.hpp"
#include "litefs/proxy/own_endpoints.hpp"
#include "litefs/proxy/supervisor.hpp"
#include "litefs/proxy/view.hpp"

namespace litefs::proxy {

glance look_at(node const& n, view const& own, supervisor const& processes, cluster_node const* cluster) {
  auto const& state = own.state();
  auto const health = judge(n, state);
  glance seen{.role = state.role,
              .primary = state.primary,
              .reasons = {health.reasons.begin(), health.reasons.end()},
              .starts = {},
              .given = n.handoffs.given.value(),
              .taken = n.handoffs.taken.value(),
              .lineage_breaks = own.history().breaks(),
              .linked = {}};
  for (auto const& [name, count] : processes.starts()) seen.starts[name] = count;
  if (cluster == nullptr) return seen;
  for (auto const& [name, peer] : cluster->replicas().peers()) seen.linked.insert(name);
  return seen;
}

}  // namespace litefs::proxy
