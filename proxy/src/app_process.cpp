#include "litefs/proxy/app_process.hpp"

#include "litefs/proxy/child_output.hpp"
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

app_process::app_process(asio::io_context& context, reaper& r, condition& changed, node& shared,
                         process_options options, std::optional<identity> as, hooks with)
    : context_(context),
      reaper_(r),
      changed_(changed),
      node_(shared),
      options_(std::move(options)),
      as_(std::move(as)),
      hooks_(std::move(with)) {}

asio::awaitable<void> app_process::run() {
  restart_budget budget;
  condition::predicate due = [this] { return stopping_ || hooks_.wanted(); };
  while (!stopping_) {
    co_await changed_.wait(time_point::max(), due);
    if (stopping_) co_return;
    auto const code = co_await run_once();
    if (stopping_) co_return;
    if (!code) continue;
    auto pause = options_.restart ? budget.spend(clock::now()) : std::nullopt;
    if (!pause && options_.restart && options_.run_on != litefs::run_on::all) pause = restart_budget::window;
    if (!pause) {
      spdlog::critical("{} ended with code {} and is not started again", options_.name, *code);
      ended_ = options_.restart && *code == 0 ? gave_up : *code;
      changed_.notify();
      co_return;
    }
    spdlog::error("{} ended with code {}: started again in {} ms", options_.name, *code, pause->count());
    condition::predicate told = [this] { return stopping_; };
    co_await changed_.wait(clock::now() + *pause, told);
  }
}

bool app_process::start() {
  child_options options{.cmd = options_.cmd, .env = options_.env, .cwd = options_.cwd, .as = as_};
  auto spawned = spawn_logged(context_, reaper_, changed_, options_.name, std::move(options));
  if (!spawned) {
    spdlog::error("cannot start {} ({}): {}", options_.name, options_.cmd.front(), spawned.error().message());
    return false;
  }
  process_ = std::move(spawned->process);
  ++starts_;
  spdlog::info("{} started, pid {}", options_.name, process_->pid());
  changed_.notify();
  return true;
}

asio::awaitable<std::optional<int>> app_process::run_once() {
  if (!start()) co_return cannot_start;
  if (hooks_.on_target) co_await wait_ready();
  condition::predicate over = [this] { return stopping_ || !process_->running() || !hooks_.wanted(); };
  co_await changed_.wait(time_point::max(), over);
  condition::predicate ended = [this] { return !process_->running(); };
  bool const unwanted = !stopping_ && process_->running();
  if (unwanted) {
    spdlog::info("{} is stopped: it runs on the {} only", options_.name,
                 options_.run_on == litefs::run_on::primary ? "primary" : "replicas");
    std::function<bool()> const hurry = [this] { return stopping_; };
    co_await end(time_point::max(), hurry);
  }
  co_await changed_.wait(time_point::max(), ended);  // stop() sees to it
  if (hooks_.on_target) target(false);
  process_->signal_group(SIGKILL);  // what it left behind must not hold the port or the mount
  if (unwanted) co_return std::nullopt;
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
  if (node_.target_up.exchange(up) == up) return hooks_.on_target(up);  // one target more
  spdlog::info("{} {}", options_.name, up ? "answers" : "is down");
  hooks_.on_target(up);
  changed_.notify();
}

asio::awaitable<void> app_process::stop(time_point deadline, std::function<bool()> hurry) {
  stopping_ = true;
  changed_.notify();
  if (running()) co_await end(deadline, std::move(hurry));
  if (auto const code = code_at_stop(); code != 0) spdlog::warn("{} ended with code {}", options_.name, code);
}

int app_process::code_at_stop() const noexcept {
  if (!process_) return 0;  // it never ran
  auto const code = process_->exit_code().value_or(128 + SIGKILL);
  return code == 128 + options_.stop_signal ? 0 : code;
}

asio::awaitable<void> app_process::end(time_point deadline, std::function<bool()> hurry) {
  process_->signal_group(options_.stop_signal);  // as a terminal does: a shell in front would not pass it on
  condition::predicate over = [this, &hurry] { return !process_->running() || hurry(); };
  co_await changed_.wait(std::min(deadline, clock::now() + options_.stop_timeout), over);
  if (process_->running()) spdlog::warn("{} did not end in time: killed", options_.name);
  process_->signal_group(SIGKILL);
  condition::predicate ended = [this] { return !process_->running(); };
  co_await changed_.wait(clock::now() + kill_max, ended);
}

}  // namespace litefs::proxy
