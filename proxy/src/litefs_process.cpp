#include "litefs/proxy/litefs_process.hpp"

#include "litefs/proxy/child_output.hpp"
#include "litefs/proxy/lease.hpp"
#include "litefs/proxy/restart_budget.hpp"
#include "litefs/proxy/step.hpp"

#include <spdlog/spdlog.h>

#include <utility>

namespace litefs::proxy {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

namespace {

constexpr milliseconds unmount_max{5'000};
constexpr milliseconds kill_max{2'000};
constexpr milliseconds end_max{2'000};
constexpr int unmount_rounds = 4;  // mounts can be stacked

bool never() { return false; }

}  // namespace

litefs_process::litefs_process(asio::io_context& context, reaper& r, condition& changed,
                               litefs_options options, keeper_link& keeper, bool candidate)
    : context_(context),
      reaper_(r),
      changed_(changed),
      options_(std::move(options)),
      keeper_(keeper),
      candidate_(candidate) {}

asio::awaitable<void> litefs_process::run() {
  restart_budget budget;
  co_await give_lease_back();  // of the one before us, which this machine's end took with it
  while (!stopping_) {
    co_await clear_dead_mount();
    if (stopping_) co_return;
    if (spawn()) {
      condition::predicate ended = [this] { return !process_->running(); };
      co_await changed_.wait(time_point::max(), ended);
      if (stopping_) co_return;
      if (on_gone) on_gone();
      if (std::exchange(planned_, false)) continue;
      spdlog::error("LiteFS ended with code {}", process_->exit_code().value_or(0));
      co_await give_lease_back();
    }
    auto const pause = budget.spend(clock::now());
    if (!pause) {
      spdlog::critical("LiteFS ended {} times within {} s: giving up", restart_budget::starts_max + 1,
                       restart_budget::window.count());
      given_up_ = true;
      changed_.notify();
      co_return;
    }
    condition::predicate told = [this] { return stopping_; };
    co_await changed_.wait(clock::now() + *pause, told);
  }
}

bool litefs_process::spawn() {
  // SIGTERM when we die: LiteFS then unmounts and gives its lease back.
  auto const& cmd = candidate_ ? options_.cmd : options_.join_cmd;
  child_options options{.cmd = cmd, .death_signal = SIGTERM};
  auto spawned = spawn_logged(context_, reaper_, changed_, "litefs", std::move(options));
  if (!spawned) {
    spdlog::error("cannot start LiteFS ({}): {}", options_.cmd.front(), spawned.error().message());
    return false;
  }
  process_ = std::move(spawned->process);
  ++starts_;
  spdlog::info("LiteFS started{}, pid {}", candidate_ ? "" : " as no candidate", process_->pid());
  return true;
}

// Not SIGTERM: it could not unmount under an app that has the database open, and would wait for that in vain.
void litefs_process::restart() {
  if (process_ && process_->running()) process_->signal_group(SIGKILL);
}

asio::awaitable<void> litefs_process::become_candidate() {
  candidate_ = true;
  if (!process_ || !process_->running()) co_return;
  planned_ = true;
  co_await keeper_.close_handles();  // or LiteFS could not unmount
  process_->signal(SIGTERM);
  condition::predicate ended = [this, pid = process_->pid()] {
    return stopping_ || process_->pid() != pid || !process_->running();
  };
  if (!co_await changed_.wait(clock::now() + end_max, ended)) restart();
}

// Only we know for certain that it is dead. Without this nobody is primary until the lease runs out.
asio::awaitable<void> litefs_process::give_lease_back() {
  if (!release) co_return;
  auto const outcome = co_await release();
  spdlog::info("the lease of the LiteFS before: {}", outcome);
}

asio::awaitable<void> litefs_process::clear_dead_mount() {
  for (int round = 0; round < unmount_rounds; ++round) {
    // The keeper looks, since a stat() of a frozen mount never returns.
    auto const heard = keeper_.reports();
    condition::predicate looked = [this, heard] { return keeper_.reports() != heard; };
    bool const known = co_await changed_.wait(clock::now() + keeper_link::silence_max, looked);
    auto const health = known ? keeper_.last().health : mount_health::silent;
    if (health == mount_health::absent || health == mount_health::alive) co_return;
    spdlog::info("unmounting the dead mount {}", options_.mount);
    step_options unmount{.name = "fusermount3",
                         .process = {.cmd = {"fusermount3", "-u", "-z", options_.mount}},
                         .timeout = unmount_max};
    auto const done = co_await run_step(context_, reaper_, changed_, std::move(unmount), never);
    if (!done) spdlog::error("fusermount3: {}", done.error().message());
  }
}

asio::awaitable<void> litefs_process::stop(time_point deadline) {
  stopping_ = true;
  changed_.notify();
  if (!process_ || !process_->running()) co_return;
  process_->signal(SIGTERM);
  condition::predicate ended = [this] { return !process_->running(); };
  if (!co_await changed_.wait(deadline, ended)) {
    spdlog::warn("LiteFS did not end in time: killed");
    process_->signal_group(SIGKILL);
    co_await changed_.wait(clock::now() + kill_max, ended);
  }
  co_await clear_dead_mount();  // a handle of somebody else keeps LiteFS from unmounting
}

}  // namespace litefs::proxy
