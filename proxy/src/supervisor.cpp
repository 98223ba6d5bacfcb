#include "litefs/proxy/supervisor.hpp"

#include "litefs/proxy/must_live.hpp"
#include "litefs/proxy/step.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>
#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <utility>

namespace litefs::proxy {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

namespace {

constexpr int failed = 1;
constexpr int wants_primary = 75;  // EX_TEMPFAIL
constexpr milliseconds ask_again{1'000};
constexpr std::chrono::seconds remind_interval{5};
constexpr milliseconds anchor_max{1'000};
constexpr milliseconds cold_start_slack{10'000};  // the last round of questions, and a restart of LiteFS
constexpr milliseconds drain_check{50};
constexpr milliseconds keeper_end_max{2'000};
constexpr milliseconds peers_notice{750};  // more than a kept connection is used for a write after its last
constexpr milliseconds after_app_max{1'000};
constexpr milliseconds litefs_stop_min{2'000};  // also when the app used up the time

std::optional<identity> user_of(process_options const& p, std::map<std::string, identity> const& users) {
  auto const found = users.find(p.user);
  return found == users.end() ? std::nullopt : std::optional(found->second);
}

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
  co_return *code != 0 ? *code : code_of_app();
}

// A stop that the app did not end well in, as when it had to be killed, is not a good one.
int supervisor::code_of_app() const {
  auto const failed = std::ranges::find_if(
      processes_, [](auto const& p) { return p->run_on() == run_on::all && p->code_at_stop() != 0; });
  return failed == processes_.end() ? 0 : (*failed)->code_at_stop();
}

asio::awaitable<std::optional<int>> supervisor::start() {
  if (!find_users()) co_return failed;
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
  auto const& litefs = *node_.config.litefs;
  auto const* const joining = cluster_->joining();
  auto const deadline =
      clock::now() + std::max(litefs.start_timeout, litefs.cold_start_wait + cold_start_slack);
  auto const mounted = [this] { return cluster_->state().mount_alive; };
  auto const role_known = [this, joining] {
    if (joining != nullptr && !joining->candidate()) return joining->refused();
    auto const own = cluster_->state().role;
    return own == role::primary || own == role::replica;
  };
  condition::predicate over = [=, this] {
    return stopping() || litefs_given_up() || (mounted() && role_known());
  };
  for (;;) {
    bool const settled = co_await changed_.wait(std::min(deadline, clock::now() + remind_interval), over);
    if (settled) break;
    bool const follows = mounted() && cluster_->state().role == role::replica;
    auto const missing = !mounted() ? "the mount " + litefs.mount
                         : follows  ? "all that " + cluster_->state().primary + " holds"
                                    : std::string("LiteFS to find a primary");
    // The app may serve what there is meanwhile.
    if (clock::now() >= deadline && mounted() && cluster_->state().role != role::unknown) break;
    if (clock::now() >= deadline) {
      spdlog::critical("waited {} ms in vain for {}: stopping (litefs.start-timeout)",
                       litefs.start_timeout.count(), missing);
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
  for (auto const& p : node_.config.exec) {
    if (!p.each_start || !wanted(p.run_on)) continue;
    spdlog::info("step {}", p.name);
    auto const code = co_await run_until_done(p);
    if (stopping()) co_return 0;
    if (code && *code == 0) continue;
    auto const why = code ? "ended with code " + std::to_string(*code) : code.error().message();
    spdlog::critical("step {} failed ({}): the node stops", p.name, why);
    co_return code ? *code : failed;
  }
  co_return std::nullopt;
}

// All within the step's start-timeout, with a pause after each handoff that was refused.
asio::awaitable<result<int>> supervisor::run_until_done(process_options p) {
  std::function<bool()> const cancelled = [this] { return stopping() || litefs_given_up(); };
  auto const deadline = clock::now() + p.start_timeout;
  for (;;) {
    auto const left = std::chrono::duration_cast<milliseconds>(deadline - clock::now());
    step_options step{.name = p.name,
                      .process = {.cmd = p.cmd, .env = p.env, .cwd = p.cwd, .as = user_of(p, users_)},
                      .timeout = std::max(left, milliseconds{0})};
    auto const code = co_await run_step(context_, reaper_, changed_, std::move(step), cancelled);
    if (!code || *code != wants_primary || cluster_ == nullptr || cancelled()) co_return code;
    if (clock::now() >= deadline) co_return make_error_code(asio::error::timed_out);
    spdlog::info("step {} needs the primary role", p.name);
    auto const done = co_await cluster_->handing_over().promote();
    auto const* const refused = std::get_if<handoff::refusal>(&done);
    if (refused == nullptr) took_role_ = clock::now();
    if (refused == nullptr || cluster_->state().role == role::primary) continue;
    spdlog::info("not yet: {}", refused->why);
    condition::predicate over = cancelled;
    co_await changed_.wait(std::min(deadline, clock::now() + ask_again), over);
  }
}

// Before anything starts: a name that is wrong must not be found out after the role was taken.
bool supervisor::find_users() {
  for (auto const& p : node_.config.exec) {
    if (p.user.empty() || users_.contains(p.user)) continue;
    auto found = find_identity(p.user);
    if (!found || ::geteuid() != 0) {
      spdlog::critical("{} cannot run as {}: {} (exec.user)", p.name, p.user,
                       found ? "litefs-proxy does not run as root" : "there is no such user");
      return false;
    }
    users_.emplace(p.user, std::move(*found));
  }
  return true;
}

bool supervisor::wanted(run_on where) const {
  if (where == run_on::all) return true;
  auto const own = cluster_ == nullptr ? role::single : cluster_->state().role;
  if (where == run_on::replica) return own == role::replica;
  if (cluster_ != nullptr && cluster_->handing_over().yielding()) return false;
  return own == role::primary || own == role::single;
}

void supervisor::start_processes() {
  node_.ready = true;
  bool target = false;  // the first process that runs everywhere is the one behind `target`
  for (auto const& p : node_.config.exec) {
    if (p.each_start) continue;
    app_process::hooks with{.on_target = {}, .wanted = [this, where = p.run_on] { return wanted(where); }};
    if (p.run_on == run_on::all && !std::exchange(target, true))
      with.on_target = [this](bool up) { target_is(up); };
    processes_.push_back(std::make_unique<app_process>(context_, reaper_, changed_, node_, p,
                                                       user_of(p, users_), std::move(with)));
    asio::co_spawn(context_, processes_.back()->run(), must_live);
  }
  if (cluster_ != nullptr) cluster_->handing_over().work_running = [this] { return work_running(); };
  if (target) return;
  node_.target_up = true;  // somebody else runs the app: a refused connection will tell
  target_is(true);
}

bool supervisor::work_running() const {
  return std::ranges::any_of(processes_,
                             [](auto const& p) { return p->run_on() == run_on::primary && p->running(); });
}

void supervisor::target_is(bool up) {
  if (up) notice_.ready();
  if (auto const taken = up ? std::exchange(took_role_, std::nullopt) : std::nullopt) {
    auto const waited = std::chrono::duration_cast<milliseconds>(clock::now() - *taken);
    spdlog::info("writes waited {} ms for the steps of this node and the start of its app", waited.count());
  }
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
  do {  // the first time for the threads to hear of it, and for what they have just accepted to be counted
    co_await changed_.wait(clock::now() + drain_check, hurry);
  } while (workers_.connections() > 0 && clock::now() < deadline && !fast());
  if (workers_.connections() > 0) spdlog::warn("{} connections are cut", workers_.connections());
}

}  // namespace litefs::proxy
