#include "litefs/proxy/app_process.hpp"

#include "litefs/proxy/http_call.hpp"
#include "litefs/proxy/listening.hpp"
#include "litefs/proxy/restart_budget.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace litefs::proxy {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

namespace {

constexpr int cannot_start = 127;
constexpr int gave_up = 1;  // instead of 0: an app that keeps ending is a failure
constexpr milliseconds probe_interval{100};
constexpr milliseconds kill_max{2'000};
constexpr std::chrono::seconds remind_after{10};
constexpr call_limits probe_limits{
    .connect = milliseconds{500}, .total = milliseconds{10'000}, .head_only = true};

// A hint for somebody who waits for it.
std::string where_it_listens(pid_t session, std::string const& target) {
  std::string places;
  for (auto const& place : listening(session)) {
    if (place == target) return "it listens there";
    places += (places.empty() ? "" : ", ") + place;
  }
  return places.empty() ? "it listens nowhere" : "it listens at " + places + " instead";
}

}  // namespace

app_process::app_process(reaper& r, condition& changed, node& shared, process_options options,
                         std::function<void(bool)> on_target)
    : reaper_(r),
      changed_(changed),
      node_(shared),
      options_(std::move(options)),
      on_target_(std::move(on_target)) {}

asio::awaitable<void> app_process::run() {
  restart_budget budget;
  while (!stopping_) {
    int const code = co_await run_once();
    if (stopping_) co_return;
    auto const pause = options_.restart ? budget.spend(clock::now()) : std::nullopt;
    if (!pause) {
      spdlog::critical("{} ended with code {} and is not started again", options_.name, code);
      ended_ = options_.restart && code == 0 ? gave_up : code;
      changed_.notify();
      co_return;
    }
    spdlog::error("{} ended with code {}: started again in {} ms", options_.name, code, pause->count());
    condition::predicate told = [this] { return stopping_; };
    co_await changed_.wait(clock::now() + *pause, told);
  }
}

asio::awaitable<int> app_process::run_once() {
  auto spawned = child::spawn(reaper_, {.cmd = options_.cmd, .env = options_.env, .cwd = options_.cwd});
  if (!spawned) {
    spdlog::error("cannot start {} ({}): {}", options_.name, options_.cmd.front(), spawned.error().message());
    co_return cannot_start;
  }
  process_ = std::move(*spawned);
  ++starts_;
  spdlog::info("{} started, pid {}", options_.name, process_->pid());
  if (on_target_) co_await wait_ready();
  condition::predicate ended = [this] { return !process_->running(); };
  co_await changed_.wait(time_point::max(), ended);
  if (on_target_) target(false);
  process_->signal_group(SIGKILL);  // what it left behind must not hold the port or the mount
  co_return process_->exit_code().value_or(0);
}

asio::awaitable<void> app_process::wait_ready() {
  auto const& targets = node_.config.targets;
  for (std::size_t i = 0; i < targets.size(); ++i) node_.target_down[i] = true;
  auto remind = clock::now() + remind_after;
  std::size_t missing = targets.size();
  while (process_->running() && !stopping_) {
    for (std::size_t i = 0; i < targets.size(); ++i) {
      if (!node_.target_down[i]) continue;
      boost::system::error_code failed;
      bool const answered = co_await answers(targets[i], failed);
      if (!process_->running()) co_return;
      if (answered) {
        node_.target_down[i] = false;
        --missing;
        target(true);
      } else if (clock::now() > remind) {
        auto const where = to_string(targets[i]);
        spdlog::warn("{} has not answered at {} yet ({}): {}", options_.name, where, failed.message(),
                     where_it_listens(process_->pid(), where));
        remind = clock::now() + remind_after;
      }
    }
    if (missing == 0) co_return;
    condition::predicate over = [this] { return stopping_ || !process_->running(); };
    co_await changed_.wait(clock::now() + probe_interval, over);
  }
}

// Any complete head of a response will do: 404 and 500 come from an app that listens.
asio::awaitable<bool> app_process::answers(endpoint target, boost::system::error_code& failed) {
  auto const& config = node_.config;
  auto request = make_request("GET", config.ready_path.empty() ? "/" : config.ready_path);
  if (!config.ready_host.empty()) request.set("Host", config.ready_host);
  request.set("X-Forwarded-Proto", "https");  // or SECURE_SSL_REDIRECT would answer for the path
  auto const answer = co_await call(target, std::move(request), probe_limits);
  if (!answer) failed = answer.error();
  co_return answer.has_value();
}

void app_process::target(bool up) {
  if (node_.target_up.exchange(up) == up) return on_target_(up);  // one target more
  spdlog::info("{} {}", options_.name, up ? "answers" : "is down");
  on_target_(up);
  changed_.notify();
}

asio::awaitable<void> app_process::stop(time_point deadline, std::function<bool()> hurry) {
  stopping_ = true;
  changed_.notify();
  if (!process_ || !process_->running()) co_return;
  process_->signal_group(options_.stop_signal);  // as a terminal does: a shell in front would not pass it on
  condition::predicate over = [this, hurry] { return !process_->running() || hurry(); };
  co_await changed_.wait(std::min(deadline, clock::now() + options_.stop_timeout), over);
  if (process_->running()) spdlog::warn("{} did not end in time: killed", options_.name);
  process_->signal_group(SIGKILL);
  condition::predicate ended = [this] { return !process_->running(); };
  co_await changed_.wait(clock::now() + kill_max, ended);
}

}  // namespace litefs::proxy
