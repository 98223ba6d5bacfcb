// A long-running process: run while it is wanted, started again, given up. The processes are shells.
#include "litefs/proxy/app_process.hpp"

#include <gtest/gtest.h>
#include <unistd.h>
#include <boost/asio/co_spawn.hpp>

#include "control_thread.hpp"

namespace litefs::proxy {
namespace {

namespace asio = boost::asio;

constexpr int bound = 8'000;

proxy_config configuration() {
  proxy_config c;
  c.targets = {{.host = "127.0.0.1", .port = 1, .unix_path = {}}};
  return c;
}

process_options shell(std::string script, run_on where = run_on::all) {
  process_options p;
  p.name = "test";
  p.cmd = {"sh", "-c", std::move(script)};
  p.run_on = where;
  return p;
}

class app_process_test : public testing::Test {
 protected:
  std::unique_ptr<app_process> make(process_options p) {
    app_process::hooks with{.on_target = {}, .wanted = [this] { return wanted_; }};
    return std::make_unique<app_process>(thread_.context, thread_.reap, thread_.changed, shared_,
                                         std::move(p), std::nullopt, std::move(with));
  }

  asio::awaitable<bool> until(std::function<bool()> what) {
    condition::predicate const done = std::move(what);
    co_return co_await thread_.changed.wait(in_ms(bound), done);
  }

  void want(bool wanted) {
    wanted_ = wanted;
    thread_.changed.notify();
  }

  // Runs the process beside the script, and to its end afterwards.
  void play(app_process& p, std::function<asio::awaitable<void>()> script) {
    auto const all = [&]() -> asio::awaitable<void> {
      bool over = false;
      asio::co_spawn(thread_.context, p.run(), [&](std::exception_ptr) {
        over = true;
        thread_.changed.notify();
      });
      co_await script();
      std::function<bool()> const no_hurry = [] { return false; };
      co_await p.stop(in_ms(bound), no_hurry);
      std::function<bool()> const ended = [&over] { return over; };
      bool const in_time = co_await until(ended);
      EXPECT_TRUE(in_time);
      EXPECT_FALSE(p.running());
    };
    thread_.run(all());
  }

  node shared_{configuration()};
  bool wanted_ = true;
  control_thread thread_;
};

TEST_F(app_process_test, runs_only_while_it_is_wanted) {
  wanted_ = false;
  auto const p = make(shell("exec sleep 1000", run_on::primary));
  play(*p, [&]() -> asio::awaitable<void> {
    std::function<bool()> const runs = [&p] { return p->running(); };
    std::function<bool()> const rests = [&p] { return !p->running(); };
    for (std::uint64_t starts = 1; starts <= 2; ++starts) {
      EXPECT_EQ(p->starts(), starts - 1);
      want(true);
      bool const ran = co_await until(runs);
      EXPECT_TRUE(ran);
      want(false);
      bool const rested = co_await until(rests);
      EXPECT_TRUE(rested);
      EXPECT_EQ(p->starts(), starts);
    }
    EXPECT_FALSE(p->ended());
  });
}

TEST_F(app_process_test, is_given_up_with_its_exit_code) {
  auto const p = make(shell("exit 3"));
  play(*p, [&]() -> asio::awaitable<void> {
    std::function<bool()> const ended = [&p] { return p->ended().has_value(); };
    bool const given_up = co_await until(ended);
    EXPECT_TRUE(given_up);
    EXPECT_EQ(p->ended(), 3);
    EXPECT_EQ(p->starts(), 6U);
  });
}

TEST_F(app_process_test, one_of_the_primary_never_stops_the_node) {
  auto const p = make(shell("exit 3", run_on::primary));
  play(*p, [&]() -> asio::awaitable<void> {
    std::function<bool()> const all_spent = [&p] { return p->starts() == 6; };
    bool const spent = co_await until(all_spent);
    EXPECT_TRUE(spent);
    condition::predicate never = [] { return false; };
    co_await thread_.changed.wait(in_ms(200), never);
    EXPECT_FALSE(p->ended());
  });
}

TEST_F(app_process_test, one_that_ignores_its_signal_is_killed) {
  auto options = shell("trap '' TERM; while :; do sleep 0.1; done", run_on::primary);
  options.stop_timeout = milliseconds(300);
  auto const p = make(std::move(options));
  play(*p, [&]() -> asio::awaitable<void> {
    std::function<bool()> const runs = [&p] { return p->running(); };
    std::function<bool()> const rests = [&p] { return !p->running(); };
    bool const ran = co_await until(runs);
    EXPECT_TRUE(ran);
    want(false);
    bool const rested = co_await until(rests);
    EXPECT_TRUE(rested);
  });
}

struct stopped {
  std::string script;  // says "up" when it may be stopped
  int code;
};

class stopping_app_process : public app_process_test, public testing::WithParamInterface<stopped> {};

TEST_P(stopping_app_process, tells_how_it_ended) {
  auto const file = testing::TempDir() + "/up-" + std::to_string(::getpid());
  ::unlink(file.c_str());
  auto options = shell(GetParam().script);
  options.env["UP"] = file;
  options.stop_timeout = milliseconds(300);
  auto const p = make(std::move(options));
  play(*p, [&]() -> asio::awaitable<void> {
    std::function<bool()> const up = [&file] { return ::access(file.c_str(), F_OK) == 0; };
    for (int tries = 0; tries < bound / 10 && !up(); ++tries) {
      condition::predicate const never = [] { return false; };
      co_await thread_.changed.wait(in_ms(10), never);
    }
    EXPECT_TRUE(up());
  });
  EXPECT_EQ(p->code_at_stop(), GetParam().code);
  ::unlink(file.c_str());
}

INSTANTIATE_TEST_SUITE_P(
    codes, stopping_app_process,
    testing::Values(stopped{.script = ">$UP; exec sleep 1000", .code = 0},  // by the signal that it was sent
                    stopped{.script = "trap 'exit 0' TERM; >$UP; while :; do sleep 0.05; done", .code = 0},
                    stopped{.script = "trap 'exit 3' TERM; >$UP; while :; do sleep 0.05; done", .code = 3},
                    stopped{.script = "trap '' TERM; >$UP; while :; do sleep 0.05; done", .code = 137}));

}  // namespace
}  // namespace litefs::proxy
