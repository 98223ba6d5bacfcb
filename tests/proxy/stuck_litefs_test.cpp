// When our LiteFS is restarted because Consul knows better. Consul is a scripted answer.
#include "litefs/proxy/stuck_litefs.hpp"

#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>

#include "control_thread.hpp"

namespace litefs::proxy {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr stuck_litefs::pace quick{.interval = 1ms, .patience = 20ms};

struct scene {
  std::string_view name;
  role own_role;
  std::string primary;
  bool silence;
  lease_result lease;
  int restarts;
  bool unproven = false;
};

lease_result held_by(std::string name) { return std::optional(lease_holder{"s1", std::move(name)}); }
lease_result const nobody = std::optional<lease_holder>();
lease_result const no_answer = boost::system::error_code(asio::error::timed_out);

asio::awaitable<void> play(control_thread& thread, scene const& s, int& restarts, int& asked) {
  node_state state;
  state.role = s.own_role;
  state.primary = s.primary;
  stuck_litefs::hooks with{.state = [&]() -> node_state const& { return state; },
                           .follows_silence = [&] { return s.silence; },
                           .unproven = [&] { return s.unproven; },
                           .read_lease = [&]() -> asio::awaitable<lease_result> {
                             ++asked;
                             co_return s.lease;
                           },
                           .restart = [&] { ++restarts; }};
  stuck_litefs stuck(thread.changed, "n0", std::move(with), quick);
  bool ended = false;
  asio::co_spawn(thread.context, stuck.run(), [&](std::exception_ptr) { ended = true; });
  condition::predicate never = [] { return false; };
  co_await thread.changed.wait(in_ms(100), never);
  stuck.stop();
  condition::predicate over = [&] { return ended; };
  for (int i = 0; i < 1000 && !ended; ++i) co_await thread.changed.wait(in_ms(1), over);
  EXPECT_TRUE(ended);
}

TEST(stuck_litefs, is_restarted_once_when_Consul_contradicts_it) {
  scene const scenes[] = {
      {"follows a silent primary, lease free", role::disconnected, "n1", true, nobody, 1},
      {"follows a silent primary, lease elsewhere", role::disconnected, "n1", true, held_by("n2"), 1},
      {"was primary itself, lease elsewhere", role::unknown, "", false, held_by("n2"), 1},
      {"lost n1, lease elsewhere", role::disconnected, "n1", false, held_by("n2"), 1},
      {"the silent primary still holds it", role::disconnected, "n1", true, held_by("n1"), 0},
      {"lost n1, which still holds it", role::disconnected, "n1", false, held_by("n1"), 0},
      {"lost n1, lease free: LiteFS goes for it", role::disconnected, "n1", false, nobody, 0},
      {"our own lease of before", role::unknown, "", false, held_by("n0"), 0},
      {"primary without proof, lease elsewhere", role::primary, "n0", false, held_by("n1"), 1, true},
      {"primary without proof, lease free", role::primary, "n0", false, nobody, 1, true},
      {"primary without proof, lease ours", role::primary, "n0", false, held_by("n0"), 0, true},
      {"primary without proof, Consul does not answer", role::primary, "n0", false, no_answer, 0, true},
      {"Consul does not answer", role::disconnected, "n1", true, no_answer, 0},
  };
  for (auto const& s : scenes) {
    SCOPED_TRACE(s.name);
    control_thread thread;
    int restarts = 0;
    int asked = 0;
    thread.run(play(thread, s, restarts, asked));
    EXPECT_EQ(restarts, s.restarts);
    EXPECT_GT(asked, 1);
  }
}

TEST(stuck_litefs, Consul_is_not_asked_while_a_primary_is_in_reach) {
  for (auto const r : {role::primary, role::replica}) {
    control_thread thread;
    int restarts = 0;
    int asked = 0;
    scene const s{"well", r, "n1", false, held_by("n2"), 0};
    thread.run(play(thread, s, restarts, asked));
    EXPECT_EQ(asked + restarts, 0);
  }
}

}  // namespace
}  // namespace litefs::proxy
