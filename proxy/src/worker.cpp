#include "litefs/proxy/worker.hpp"

#include <fcntl.h>

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <thread>

#include "litefs/proxy/inherited_listeners.hpp"
#include "litefs/proxy/listener.hpp"
#include "litefs/proxy/must_live.hpp"
#include "litefs/proxy/thread_parts.hpp"

namespace litefs::proxy {

namespace {

// Of each address every thread gets a listener: its own, or one of those that listen already. These may be
// more or fewer than threads: more are spread, fewer are used by several. A unix socket cannot be bound
// twice. The first thread's doorways begin with the addresses, in their order.
std::vector<std::vector<doorway>> share_out(std::vector<endpoint> const& addresses, std::size_t threads,
                                            inherited_listeners* inherited) {
  std::vector<std::vector<doorway>> all(threads);
  std::size_t tls_index = 0;
  std::vector<std::vector<doorway>> more(threads);
  for (std::size_t number = 0; number < addresses.size(); ++number) {
    auto const& at = addresses[number];
    auto const index = at.tls ? tls_index++ : 0;
    auto const open = inherited != nullptr ? inherited->take(at) : std::vector<int>();
    auto const listeners = std::max(threads, open.size());
    for (std::size_t i = 0; i < listeners; ++i) {
      doorway where{.at = at, .number = number, .tls_index = index, .descriptor = -1};
      if (open.empty() && i > 0 && !at.unix_path.empty()) break;
      if (!open.empty())
        where.descriptor = i < open.size() ? open[i] : ::fcntl(open[i % open.size()], F_DUPFD_CLOEXEC, 0);
      (i < threads ? all[i] : more[i % threads]).push_back(where);
    }
  }
  for (std::size_t i = 0; i < threads; ++i) all[i].insert(all[i].end(), more[i].begin(), more[i].end());
  return all;
}

}  // namespace

struct worker::parts {
  parts(node& n, traffic& all, node_state initial)
      : thread(n, all, std::move(initial)), alive(thread.context.get_executor()) {}

  thread_parts thread;
  std::vector<std::unique_ptr<listener>> listeners;
  std::vector<endpoint> bound;
  asio::executor_work_guard<executor> alive;
  std::thread runner;
};

worker::worker(node& shared, traffic& all, std::vector<doorway> const& doorways, node_state initial)
    : parts_(std::make_unique<parts>(shared, all, std::move(initial))) {
  for (auto const& where : doorways) {
    auto const& l = parts_->listeners.emplace_back(std::make_unique<listener>(parts_->thread, where));
    parts_->bound.push_back(l->bound());
  }
}

worker::~worker() {
  close_all();
  join();
}

std::vector<endpoint> const& worker::bound() const noexcept { return parts_->bound; }

view& worker::node_view() noexcept { return parts_->thread.local; }

std::vector<int> worker::listening() const {
  std::vector<int> all;
  for (auto const& l : parts_->listeners) all.push_back(l->descriptor());
  return all;
}

thread_counts const& worker::counts() const noexcept { return parts_->thread.counts; }

void worker::start() {
  parts_->runner = std::thread([p = parts_.get()] {
    p->thread.ticks.start();
    for (auto& l : p->listeners) l->start();
    try {
      p->thread.context.run();
    } catch (std::exception const& e) {
      give_up(e);
    }
  });
}

void worker::post_hold(bool hold) {
  node_view().post_hold(hold);
  // In this order on the thread: once it counts, every decision there knows of the hold.
  asio::post(parts_->thread.context, [p = parts_.get(), hold] {
    if (hold)
      ++p->thread.all.threads_holding;
    else
      --p->thread.all.threads_holding;
  });
}

void worker::post_live(live_ptr live) {
  asio::post(parts_->thread.context,
             [p = parts_.get(), own = std::make_shared<live_config const>(*live)] { p->thread.live = own; });
}

void worker::stop_accepting() {
  asio::post(parts_->thread.context, [p = parts_.get()] {
    for (auto& l : p->listeners) l->close();
  });
}

void worker::drain() {
  asio::post(parts_->thread.context, [p = parts_.get()] {
    auto& thread = p->thread;
    thread.draining = true;
    for (auto& s : thread.sessions)
      if (s.idle) s.io->postpone_read(thread.ticks.now() + idle_in_drain);
    thread.local.post_wake();  // held requests are refused now, not cut at the end
  });
}

void worker::close_all() {
  asio::post(parts_->thread.context, [p = parts_.get()] {
    auto& thread = p->thread;
    for (auto& s : thread.sessions) s.io->abort();
    thread.context.stop();
  });
}

void worker::join() {
  if (parts_->runner.joinable()) parts_->runner.join();
}

worker_group::worker_group(node& shared, node_state const& initial, inherited_listeners* inherited)
    : traffic_(std::make_unique<traffic>(shared.config, shared.target_down)) {
  auto const wanted = shared.config.threads;
  auto const threads = wanted != 0 ? wanted : std::max<std::size_t>(1, std::thread::hardware_concurrency());
  auto const addresses = all_addresses(shared.config);
  auto doorways = share_out(addresses, threads, inherited);
  for (std::size_t i = 0; i < threads; ++i) {
    workers_.push_back(std::make_unique<worker>(shared, *traffic_, doorways[i], initial));
    if (i > 0) continue;
    // The others share the first one's ports, also where the system chose them.
    bound_ = workers_.front()->bound();
    bound_.resize(addresses.size());
    for (std::size_t k = 1; k < threads; ++k)
      for (auto& where : doorways[k]) where.at.port = bound_[where.number].port;
  }
}

worker_group::~worker_group() {
  close_all();
  join();
}

std::size_t worker_group::connections() const noexcept {
  return traffic_->connections.load(std::memory_order_relaxed);
}

std::vector<int> worker_group::listening() const {
  std::vector<int> all;
  for (auto const& w : workers_)
    for (int const fd : w->listening()) all.push_back(fd);
  return all;
}

std::vector<thread_counts const*> worker_group::counts() const {
  std::vector<thread_counts const*> all;
  for (auto const& w : workers_) all.push_back(&w->counts());
  return all;
}

void worker_group::start() {
  for (auto& w : workers_) w->start();
}

void worker_group::post_state(std::shared_ptr<node_state const> state, std::optional<tx_event> tx) {
  for (auto& w : workers_) w->node_view().post_state(state, tx);
}

void worker_group::post_hold(bool hold) {
  for (auto& w : workers_) w->post_hold(hold);
}

void worker_group::post_live(live_ptr const& live) {
  for (auto& w : workers_) w->post_live(live);
}

bool worker_group::writes_ended() const noexcept {
  return traffic_->threads_holding == workers_.size() && traffic_->writes_running == 0;
}

void worker_group::post_wake() {
  traffic_->gate.admit();
  for (auto& w : workers_) w->node_view().post_wake();
}

void worker_group::stop_accepting() {
  for (auto& w : workers_) w->stop_accepting();
}

void worker_group::drain() {
  for (auto& w : workers_) w->drain();
}

void worker_group::close_all() {
  for (auto& w : workers_) w->close_all();
}

void worker_group::join() {
  for (auto& w : workers_) w->join();
}

}  // namespace litefs::proxy
