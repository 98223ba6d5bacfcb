#include "litefs/proxy/worker.hpp"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <thread>

#include "litefs/proxy/listener.hpp"
#include "litefs/proxy/must_live.hpp"
#include "litefs/proxy/thread_parts.hpp"

namespace litefs::proxy {

struct worker::parts {
  parts(node& n, traffic& all, node_state initial)
      : thread(n, all, std::move(initial)), alive(thread.context.get_executor()) {}

  thread_parts thread;
  std::vector<std::unique_ptr<listener>> listeners;
  std::vector<endpoint> bound;
  asio::executor_work_guard<executor> alive;
  std::thread runner;
};

worker::worker(node& shared, traffic& all, std::vector<endpoint> const& addresses, node_state initial)
    : parts_(std::make_unique<parts>(shared, all, std::move(initial))) {
  for (auto const& at : addresses) {
    auto const& l = parts_->listeners.emplace_back(std::make_unique<listener>(parts_->thread, at));
    parts_->bound.push_back(l->bound());
  }
}

worker::~worker() {
  close_all();
  join();
}

std::vector<endpoint> const& worker::bound() const noexcept { return parts_->bound; }

view& worker::node_view() noexcept { return parts_->thread.local; }

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
      if (s.idle) s.io->cancel();
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

worker_group::worker_group(node& shared, node_state const& initial)
    : traffic_(std::make_unique<traffic>(shared.config)) {
  auto const wanted = shared.config.threads;
  auto const threads = wanted != 0 ? wanted : std::max<std::size_t>(1, std::thread::hardware_concurrency());
  auto addresses = shared.config.addr;
  for (std::size_t i = 0; i < threads; ++i) {
    workers_.push_back(std::make_unique<worker>(shared, *traffic_, addresses, initial));
    if (i > 0) continue;
    // The others share the first one's ports, also where the system chose them.
    addresses = workers_.front()->bound();
    std::erase_if(addresses, [](endpoint const& e) { return !e.unix_path.empty(); });
  }
}

worker_group::~worker_group() {
  close_all();
  join();
}

std::vector<endpoint> const& worker_group::bound() const noexcept { return workers_.front()->bound(); }

std::size_t worker_group::connections() const noexcept {
  return traffic_->connections.load(std::memory_order_relaxed);
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

bool worker_group::writes_ended() const noexcept {
  return traffic_->threads_holding == workers_.size() && traffic_->writes_running == 0;
}

void worker_group::post_wake() {
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
