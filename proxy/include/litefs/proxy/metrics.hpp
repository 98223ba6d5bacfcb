// Everything that the node counts and knows, as Prometheus text; docs/metrics.md explains each name.
//
// Control thread only: what the workers counted is read as it stands, without stopping them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace litefs::proxy {

struct node;
class metric_page;
class supervisor;
class view;
class worker_group;

struct metrics_source {
  node const& shared;
  worker_group const& workers;
  view const& own;  // the control thread's
  supervisor const& processes;
  std::uint64_t event_stream_connects;
  std::size_t replica_links;
  std::size_t candidates_linked;  // of a primary
  std::size_t candidates_away;
};

[[nodiscard]] std::string render_metrics(metrics_source const& from);

// Its two halves: what requests did, and what the node is.
void add_traffic_metrics(metric_page& page, worker_group const& workers);
void add_node_metrics(metric_page& page, metrics_source const& from);

}  // namespace litefs::proxy
