#include "litefs/proxy/metrics.hpp"

#include <chrono>
#include <string>

#include "litefs/proxy/metric_page.hpp"
#include "litefs/proxy/node.hpp"
#include "litefs/proxy/own_endpoints.hpp"
#include "litefs/proxy/supervisor.hpp"
#include "litefs/proxy/version.hpp"
#include "litefs/proxy/view.hpp"

namespace litefs::proxy {

namespace {

constexpr std::array roles{role::unknown, role::primary, role::replica, role::disconnected, role::single};

double seconds(std::chrono::duration<double> d) { return d.count(); }

void add_health(metric_page& page, node const& n, node_state const& s) {
  auto const v = judge(n, s);
  page.gauge("litefs_proxy_live", "1 if /litefs/live answers 200.").add(v.live);
  page.gauge("litefs_proxy_ready", "1 if /litefs/ready answers 200.").add(v.ready);
  page.gauge("litefs_proxy_healthy", "1 if /litefs/health answers 200.").add(v.healthy);
  page.gauge("litefs_proxy_draining", "1 while the node stops.").add(n.draining);
  page.gauge("litefs_proxy_maintenance", "1 while no write starts in the whole cluster.").add(n.frozen);
  page.gauge("litefs_proxy_target_up", "1 while the app answers.").add(n.target_up);
  page.gauge("litefs_proxy_mount_alive", "1 while LiteFS's mount can be read; always 1 without LiteFS.")
      .add(s.mount_alive);
}

void add_state(metric_page& page, node_state const& s) {
  auto is = page.gauge("litefs_proxy_role", "1 for the role of this node, 0 for the others.");
  for (auto const r : roles) is.add({{"role", std::string(to_string(r))}}, s.role == r);
  bool const replica = s.role == role::replica;
  page.gauge("litefs_proxy_replication_lag_seconds",
             "LiteFS's own figure, up to a second when idle; 0 unless a replica.")
      .add(replica ? seconds(s.lag) : 0);
  auto const silent = s.stale_since ? std::chrono::steady_clock::now() - *s.stale_since
                                    : std::chrono::steady_clock::duration::zero();
  page.gauge("litefs_proxy_stale_seconds", "Since when no primary is known or connected; 0 otherwise.")
      .add(seconds(silent));
  auto at =
      page.gauge("litefs_proxy_position_txid", "How far a database has come on this node, as its TXID.");
  for (auto const& p : s.positions)
    at.add({{"database", p.database}}, static_cast<double>(p.position.txid.value));
}

void add_handoffs(metric_page& page, handoff_counts const& h) {
  auto ended = page.counter("litefs_proxy_handoffs_total",
                            "Planned handoffs, by whether this node gave or took the role, and the outcome.");
  auto const add = [&ended](char const* side, char const* outcome, counter const& c) {
    ended.add({{"side", side}, {"outcome", outcome}}, static_cast<double>(c.value()));
  };
  add("given", "done", h.given);
  add("given", "refused", h.refused);
  add("given", "abandoned", h.abandoned);
  add("taken", "done", h.taken);
  add("taken", "failed", h.failed);
  page.histogram("litefs_proxy_handoff_hold_seconds", "How long the giving node held writes for a handoff.")
      .add({}, {&h.held});
}

}  // namespace

void add_node_metrics(metric_page& page, metrics_source const& from) {
  auto const& n = from.shared;
  auto const& s = from.own.state();
  page.gauge("litefs_proxy_info", "Always 1; what runs, as labels.")
      .add({{"version", std::string(version())}, {"hostname", std::string(n.hostname())}}, 1);
  add_health(page, n, s);
  add_state(page, s);
  page.counter("litefs_proxy_lineage_breaks_total",
               "How often a TXID of this node came again with other content: transactions were lost.")
      .add(static_cast<double>(from.own.history().breaks()));
  page.counter("litefs_proxy_event_stream_connects_total",
               "Connections to LiteFS's event stream, the first one included.")
      .add(static_cast<double>(from.event_stream_connects));
  page.gauge("litefs_proxy_replica_links", "Replicas whose proxies are linked to this one now.")
      .add(static_cast<double>(from.replica_links));
  page.gauge("litefs_proxy_candidates",
             "On the primary, the other candidates that must have what ack: replicated acknowledges.")
      .add({{"state", "linked"}}, static_cast<double>(from.candidates_linked))
      .add({{"state", "away"}}, static_cast<double>(from.candidates_away));
  auto starts = page.counter("litefs_proxy_process_starts_total",
                             "Starts of each child process, the first one included.");
  for (auto const& [name, count] : from.processes.starts())
    starts.add({{"process", name}}, static_cast<double>(count));
  add_handoffs(page, n.handoffs);
}

std::string render_metrics(metrics_source const& from) {
  metric_page page;
  add_node_metrics(page, from);
  add_traffic_metrics(page, from.workers);
  return page.text();
}

}  // namespace litefs::proxy
