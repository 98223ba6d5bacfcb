#include "litefs/proxy/supervisor.hpp"

#include "litefs/proxy/must_live.hpp"
#include "litefs/proxy/step.hpp"

#include <spdlog/spdlog.h>
#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <utility>

namespace litefs::proxy {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

namespace {

constexpr int failed = 1;
constexpr std::chrono::seconds remind_interval{5};
constexpr milliseconds anchor_max{1'000};
constexpr milliseconds drain_check{50};
constexpr milliseconds keeper_end_max{2'000};
constexpr milliseconds peers_notice{750};  // more than a kept connection is used for a write after its last
constexpr milliseconds after_app_max{1'000};
constexpr milliseconds litefs_stop_min{2'000};  // also when the app used up the time

}  // namespace

supervisor::supervisor(asio::io_context& context, node& shared, worker_group& workers, reaper& r,
                       condition& changed, cluster_node* cluster)
    : context_(context), node_(shared), workers_(workers), reaper_(r), changed_(changed), cluster_(cluster) {}

void supervisor::stop() noexcept {
  ++stops_;
  spdlog::info(fast() ? "stopping at once" : "stopping");
  changed_.notify();
}

std::vector<std::pair<std::string, std::uint64_t>> supervisor::starts() const {
  std::vector<std::pair<std::string, std::uint64_t>> all;
  if (cluster_ != nullptr) all.emplace_back("keeper", cluster_->keeper().starts());
  if (cluster_ != nullptr && cluster_->litefs() != nullptr)
    all.emplace_back("litefs", cluster_->litefs()->starts());
  for (auto const& p : processes_) all.emplace_back(p->name(), p->starts());
  return all;
}

bool supervisor::litefs_given_up() const noexcept {
  return cluster_ != nullptr && cluster_->litefs() != nullptr && cluster_->litefs()->given_up();
}

asio::awaitable<int> supervisor::run() {
  auto code = co_await start();
  if (!code) code = co_await serve();
  node_.given_up = *code != 0;
  co_await shut_down();
  co_return *code;
}

asio::awaitable<std::optional<int>> supervisor::start() {
  if (cluster_ != nullptr) {
    cluster_->start();
    auto const refused = co_await wait_for_litefs();
    if (refused) co_return refused;
  }
  auto const step_failed = co_await run_steps();
  if (step_failed) co_return step_failed;
  start_processes();
  co_return std::nullopt;
}

asio::awaitable<std::optional<int>> supervisor::wait_for_litefs() {
  auto const deadline = clock::now() + node_.config.litefs->start_timeout;
  auto const mounted = [this] { return cluster_->state().mount_alive; };
  auto const role_known = [this] { return cluster_->state().role != role::unknown; };
  condition::predicate over = [=, this] {
    return stopping() || litefs_given_up() || (mounted() && role_known());
  };
  for (;;) {
    bool const settled = co_await changed_.wait(std::min(deadline, clock::now() + remind_interval), over);
    if (settled) break;
    auto const missing =
        !mounted() ? "the mount " + node_.config.litefs->mount : std::string("LiteFS to find a primary");
    if (clock::now() >= deadline) {
      spdlog::critical("waited {} ms in vain for {}: stopping (litefs.start-timeout)",
                       node_.config.litefs->start_timeout.count(), missing);
      co_return failed;
    }
    spdlog::info("waiting for {}", missing);
  }
  if (stopping()) co_return 0;
  if (litefs_given_up()) co_return failed;
  // The next report comes after the keeper has tried to open its anchor connections.
  auto const reports = cluster_->keeper().reports();
  condition::predicate anchored = [this, reports] { return cluster_->keeper().reports() > reports; };
  co_await changed_.wait(clock::now() + anchor_max, anchored);
  auto const& s = cluster_->state();
  spdlog::info("LiteFS is up: role {}, primary {}", to_string(s.role),
               s.primary.empty() ? "unknown" : s.primary);
  co_return std::nullopt;
}

asio::awaitable<std::optional<int>> supervisor::run_steps() {
  std::function<bool()> const cancelled = [this] { return stopping() || litefs_given_up(); };
  for (auto const& p : node_.config.exec) {
    if (!p.each_start) continue;
    if (p.primary_only && cluster_ != nullptr && cluster_->state().role != role::primary) continue;
    spdlog::info("step {}", p.name);
    step_options step{
        .name = p.name, .process = {.cmd = p.cmd, .env = p.env, .cwd = p.cwd}, .timeout = p.start_timeout};
    auto const code = co_await run_step(context_, reaper_, changed_, std::move(step), cancelled);
    if (stopping()) co_return 0;
    if (code && *code == 0) continue;
    auto const why = code ? "ended with code " + std::to_string(*code) : code.error().message();
    spdlog::critical("step {} failed ({}): the node stops", p.name, why);
    co_return code ? *code : failed;
  }
  co_return std::nullopt;
}

void supervisor::start_processes() {
  node_.ready = true;
  bool first = true;  // the first process is the one behind `target`
  for (auto const& p : node_.config.exec) {
    if (p.each_start) continue;
    std::function<void(bool)> on_target;
    if (std::exchange(first, false)) on_target = [this](bool up) { target_is(up); };
    processes_.push_back(std::make_unique<app_process>(reaper_, changed_, node_, p, std::move(on_target)));
    asio::co_spawn(context_, processes_.back()->run(), must_live);
  }
  if (!processes_.empty()) return;
  node_.target_up = true;  // somebody else runs the app: a refused connection will tell
  target_is(true);
}

void supervisor::target_is(bool up) {
  if (up) notice_.ready();
  workers_.post_wake();
}

asio::awaitable<int> supervisor::serve() {
  auto const ended = [this]() -> std::optional<int> {
    if (litefs_given_up()) return failed;
    for (auto const& p : processes_) {
      if (p->ended()) return p->ended();
    }
    return std::nullopt;
  };
  condition::predicate over = [this, ended] { return stopping() || ended(); };
  co_await changed_.wait(time_point::max(), over);
  co_return ended().value_or(0);
}

asio::awaitable<void> supervisor::shut_down() {
  notice_.stopping();
  node_.draining = true;
  if (cluster_ != nullptr) cluster_->tell_peers();  // that this node leaves
  condition::predicate hurry = [this] { return fast(); };
  co_await changed_.wait(clock::now() + node_.config.drain_delay, hurry);
  auto const deadline = clock::now() + node_.config.stop_timeout;
  co_await hand_off(node_.config.stop_timeout / 4);
  // A quarter of the time for the role, another for requests, the rest for the app and LiteFS.
  co_await drain(clock::now() + node_.config.stop_timeout / 4);
  for (auto const& p : processes_) co_await p->stop(deadline, hurry);
  co_await hand_off(after_app_max);  // writers that did not end in time are gone now
  if (cluster_ != nullptr) cluster_->stop_links();
  workers_.close_all();
  workers_.join();
  if (cluster_ == nullptr) co_return;
  co_await cluster_->keeper().close_handles();
  if (cluster_->litefs() != nullptr)
    co_await cluster_->litefs()->stop(std::max(deadline, clock::now() + litefs_stop_min));
  cluster_->stop_watching();
  // While children are still reaped: its end is waited for.
  condition::predicate ended = [this] { return cluster_->keeper().ended(); };
  co_await changed_.wait(clock::now() + keeper_end_max, ended);
}

// A primary that stops without this leaves nobody for a second, and loses what was not replicated.
asio::awaitable<void> supervisor::hand_off(milliseconds allowed) {
  if (cluster_ == nullptr || fast() || cluster_->state().role != role::primary) co_return;
  bool const gone = co_await cluster_->handing_over().give_away(clock::now() + allowed);
  if (!gone) {
    spdlog::warn("no other node took over: LiteFS gives the lease back when it ends");
    co_return;
  }
  // A peer that has not heard of it yet may send a write on a connection that it keeps: it gets a proof that
  // nothing was executed, as long as we do not close that connection under it.
  condition::predicate hurry = [this] { return fast(); };
  co_await changed_.wait(clock::now() + peers_notice, hurry);
}

asio::awaitable<void> supervisor::drain(time_point deadline) {
  workers_.stop_accepting();
  workers_.drain();
  condition::predicate hurry = [this] { return fast(); };
  while (workers_.connections() > 0 && clock::now() < deadline && !fast()) {
    co_await changed_.wait(clock::now() + drain_check, hurry);
  }
  if (workers_.connections() > 0) spdlog::warn("{} connections are cut", workers_.connections());
}

}  // namespace litefs::proxy
