#include <string>
#include <vector>

#include "litefs/proxy/metric_page.hpp"
#include "litefs/proxy/metrics.hpp"
#include "litefs/proxy/thread_counts.hpp"
#include "litefs/proxy/traffic.hpp"
#include "litefs/proxy/worker.hpp"

namespace litefs::proxy {

namespace {

// All threads together.
class totals {
 public:
  explicit totals(worker_group const& workers) : threads_(workers.counts()) {}

  template <class Select>
  [[nodiscard]] double sum(Select select) const {
    std::uint64_t n = 0;
    for (auto const* t : threads_) n += value_of(select(*t));
    return static_cast<double>(n);
  }
  [[nodiscard]] double sum(counter thread_counts::*which) const {
    return sum([which](thread_counts const& t) -> counter const& { return t.*which; });
  }
  template <class Select>
  [[nodiscard]] std::vector<histogram const*> all(Select select) const {
    std::vector<histogram const*> found;
    for (auto const* t : threads_) found.push_back(&select(*t));
    return found;
  }
  [[nodiscard]] std::vector<histogram const*> all(histogram thread_counts::*which) const {
    return all([which](thread_counts const& t) -> histogram const& { return t.*which; });
  }

 private:
  static std::uint64_t value_of(counter const& c) { return c.value(); }
  static std::uint64_t value_of(std::uint64_t n) { return n; }

  std::vector<thread_counts const*> threads_;
};

std::string word(std::string_view text) { return std::string(text); }

std::string status_label(std::size_t status_class) {
  return status_class == 0 ? "none" : std::to_string(status_class) + "xx";
}

// Only the combinations that were seen: most of the thousands that there could be never are.
void add_routes(metric_page::family to, totals const& threads) {
  for (std::size_t a = 0; a < action_count; ++a)
    for (std::size_t r = 0; r < reason_count; ++r)
      for (std::size_t here = 0; here < route_counts::roles; ++here)
        for (std::size_t s = 0; s < route_counts::status_classes; ++s) {
          auto const n = threads.sum([&](thread_counts const& t) { return t.requests.value(a, r, here, s); });
          if (n == 0) continue;
          to.add({{"action", word(to_string(static_cast<action>(a)))},
                  {"reason", word(to_string(static_cast<reason>(r)))},
                  {"role", word(to_string(static_cast<role>(here)))},
                  {"status", status_label(s)}},
                 n);
        }
}

// One sample for each value of a label; `select(thread, i)` is what it counts.
template <class Names, class Select>
void add_each(metric_page::family to, totals const& threads, std::string const& label, Names const& names,
              Select select) {
  for (std::size_t i = 0; i < names.size(); ++i)
    to.add({{label, word(names[i])}},
           threads.sum([&](thread_counts const& t) -> counter const& { return select(t)[i]; }));
}

void add_requests(metric_page& page, totals const& t) {
  page.counter("litefs_proxy_requests_received_total", "Well-formed requests, counted as they begin.")
      .add(t.sum(&thread_counts::received));
  add_routes(page.counter("litefs_proxy_requests_total",
                          "Requests that ended, by their final route, this node's role and the status."),
             t);
  auto duration = page.histogram("litefs_proxy_request_duration_seconds",
                                 "From the first byte of a request to the last of its answer.");
  for (std::size_t a = 0; a < action_count; ++a)
    duration.add({{"action", word(to_string(static_cast<action>(a)))}},
                 t.all([a](thread_counts const& c) -> histogram const& { return c.duration[a]; }));
  page.counter("litefs_proxy_received_bytes_total", "Bytes of requests.")
      .add(t.sum(&thread_counts::bytes_in));
  page.counter("litefs_proxy_sent_bytes_total", "Bytes of answers.").add(t.sum(&thread_counts::bytes_out));
}

void add_waits(metric_page& page, totals const& t, traffic const& all) {
  page.counter("litefs_proxy_holds_total", "Holds, counted as they begin.").add(t.sum(&thread_counts::holds));
  page.histogram("litefs_proxy_hold_seconds",
                 "How long a request was held for a usable primary, mount or app, if it was.")
      .add({}, t.all(&thread_counts::held));
  page.gauge("litefs_proxy_requests_held", "Requests held now.")
      .add(static_cast<double>(all.held.load(std::memory_order_relaxed)));
  page.counter("litefs_proxy_position_waits_total", "Waits for a position, counted as they begin.")
      .add(t.sum(&thread_counts::position_waits));
  page.histogram("litefs_proxy_position_wait_seconds",
                 "How long a read waited for its client's position, if it did.")
      .add({}, t.all(&thread_counts::behind));
  page.gauge("litefs_proxy_requests_waiting", "Reads waiting for a position now.")
      .add(static_cast<double>(all.waiting.load(std::memory_order_relaxed)));
  page.histogram("litefs_proxy_target_queue_seconds",
                 "How long a request waited for one of the target's connections, if it did.")
      .add({}, t.all(&thread_counts::queued));
  page.histogram("litefs_proxy_acknowledge_seconds",
                 "How long the answer of a write waited for the candidates, if it did.")
      .add({}, t.all(&thread_counts::acknowledging));
  page.gauge("litefs_proxy_writes_acknowledging", "Answers of writes that wait for the candidates now.")
      .add(static_cast<double>(all.acknowledging.load(std::memory_order_relaxed)));
  auto const gate = all.gate.now();
  page.gauge("litefs_proxy_target_queue_length", "Requests waiting for a connection to the target now.")
      .add(static_cast<double>(gate.queued));
  page.gauge("litefs_proxy_target_connections_used", "Connections to the target that run a request now.")
      .add(static_cast<double>(gate.used));
  page.gauge("litefs_proxy_writes_running", "Writes that the app runs now.")
      .add(static_cast<double>(all.writes_running.load(std::memory_order_relaxed)));
}

void add_outcomes(metric_page& page, totals const& t) {
  page.counter("litefs_proxy_replays_total",
               "Safe requests that wanted to write and ran again at the primary.")
      .add(t.sum(&thread_counts::replays));
  add_each(
      page.counter("litefs_proxy_retries_total", "Requests sent again, by cause."), t, "cause", retry_causes,
      [](thread_counts const& c) -> auto const& { return c.retries; });
  add_each(
      page.counter("litefs_proxy_not_executed_total",
                   "Answers 503 that prove that nothing was executed, by reason."),
      t, "reason", refusal_reasons, [](thread_counts const& c) -> auto const& { return c.refusals; });
  page.counter("litefs_proxy_unknown_outcomes_total",
               "Requests that may have written and got 502 or 504: nobody knows whether they did.")
      .add(t.sum(&thread_counts::unknown_outcomes));
  add_each(
      page.counter(
          "litefs_proxy_writes_acknowledged_total",
          "Writes committed here, by how far they were replicated when their answer left: local (not "
          "asked for), all, any, no (asked for in vain), failed (the same, answered 504)."),
      t, "replicated", acknowledgements,
      [](thread_counts const& c) -> auto const& { return c.acknowledged; });
  page.counter("litefs_proxy_stale_answers_total", "Answers marked litefs-stale.")
      .add(t.sum(&thread_counts::stale));
  page.counter("litefs_proxy_diverged_answers_total",
               "Answers marked litefs-lineage: diverged; the client saw transactions that are lost.")
      .add(t.sum(&thread_counts::diverged));
}

void add_connections(metric_page& page, totals const& t, traffic const& all) {
  auto upstream = page.histogram("litefs_proxy_upstream_seconds",
                                 "From dialling to the head of the answer, by where the request was sent.");
  for (std::size_t i = 0; i < upstream_sides.size(); ++i)
    upstream.add({{"upstream", word(upstream_sides[i])}},
                 t.all([i](thread_counts const& c) -> histogram const& { return c.upstream_time[i]; }));
  add_each(
      page.counter("litefs_proxy_upstream_connections_opened_total", "New connections to an upstream."), t,
      "upstream", upstream_sides, [](thread_counts const& c) -> auto const& { return c.upstreams_opened; });
  add_each(
      page.counter("litefs_proxy_upstream_connections_reused_total", "Requests sent over a kept connection."),
      t, "upstream", upstream_sides,
      [](thread_counts const& c) -> auto const& { return c.upstreams_reused; });
  page.gauge("litefs_proxy_upstream_connections_idle", "Kept connections to upstreams, idle now.")
      .add(t.sum(&thread_counts::upstreams_idle));
  page.gauge("litefs_proxy_connections_open", "Client connections open now.")
      .add(static_cast<double>(all.connections.load(std::memory_order_relaxed)));
  page.counter("litefs_proxy_connections_accepted_total", "Client connections accepted.")
      .add(t.sum(&thread_counts::connections));
  page.counter("litefs_proxy_connections_refused_total", "Client connections beyond limits.connections.")
      .add(t.sum(&thread_counts::connections_refused));
  page.counter("litefs_proxy_tls_handshakes_failed_total", "Client connections that agreed on no TLS.")
      .add(t.sum(&thread_counts::tls_failed));
  page.counter("litefs_proxy_access_log_dropped_total", "Lines of the access log that nobody took in time.")
      .add(static_cast<double>(all.log.dropped()));
}

}  // namespace

void add_traffic_metrics(metric_page& page, worker_group const& workers) {
  totals const threads(workers);
  add_requests(page, threads);
  add_waits(page, threads, workers.all());
  add_outcomes(page, threads);
  add_connections(page, threads, workers.all());
}

}  // namespace litefs::proxy
