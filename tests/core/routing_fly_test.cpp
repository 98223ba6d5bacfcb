// Which requests Fly's proxy is asked to send to the primary, and which go there from proxy to proxy.
#include <gtest/gtest.h>

#include "litefs/routing.hpp"

namespace litefs {
namespace {

using enum action;

node_state make(role r, std::string primary = "") {
  node_state state;
  state.role = r;
  state.primary = std::move(primary);
  return state;
}

node_state without_mount(node_state state) {
  state.mount_alive = false;
  return state;
}

node_state const primary = make(role::primary, "n0");
node_state const replica = make(role::replica, "n0");
node_state const disconnected = make(role::disconnected, "n0");
node_state const unknown = make(role::unknown);
freshness const fresh{};
time_point const start{};

struct fly_row {
  std::string_view name;
  void (*change)(request_facts&);
  node_state state;
  litefs::action expected;
};

// Of a request that Fly's proxy sent for the first time, each row changes one thing.
TEST(routing_fly, replays_once_what_only_the_primary_can_do) {
  request_facts const fly_post{.from_fly = true, .body_length = 1'000'000};
  using facts = request_facts;
  auto const unchanged = [](facts&) {};
  fly_row const table[] = {
      {"a write", unchanged, replica, fly_replay},
      {"without a body", [](facts& f) { f.body_length = 0; }, replica, fly_replay},
      {"a body too long to replay", [](facts& f) { f.body_length = 1'000'001; }, replica, forward},
      {"a body of unknown length", [](facts& f) { f.body_length.reset(); }, replica, forward},
      {"not from Fly", [](facts& f) { f.from_fly = false; }, replica, forward},
      {"replayed before", [](facts& f) { f.fly_replayed = true; }, replica, forward},
      {"replayed before, nobody there", [](facts& f) { f.fly_replayed = true; }, unknown, hold},
      {"the app ran", [](facts& f) { f.safe = f.replay = true; }, replica, forward},
      {"an upgrade", [](facts& f) { f.safe = f.upgrade = true; }, replica, forward},
      {"always-forward", [](facts& f) { f.safe = f.always_forward = true; }, replica, fly_replay},
      {"remembered", [](facts& f) { f.safe = f.remembered = true; }, replica, fly_replay},
      {"the primary did not answer", [](facts& f) { f.primary_unreachable = true; }, replica, hold},
      {"a hop", [](facts& f) { f.hop = true; }, replica, refuse},
      {"only its proxy knows", unchanged, disconnected, forward},
      {"no primary", unchanged, unknown, hold},
      {"here", unchanged, primary, local},
      {"a read", [](facts& f) { f.safe = true; }, replica, local},
      {"a read for freshness", [](facts& f) { f.safe = f.waited = true; }, without_mount(replica), forward},
  };
  policy const by_fly{.fly_replay = true};
  for (auto const& [name, change, state, expected] : table) {
    auto asked = fly_post;
    change(asked);
    auto const got = decide(asked, state, fresh, false, by_fly, start);
    EXPECT_EQ(got.action, expected) << name << ": " << to_string(got.action);
    auto const direct = decide(asked, state, fresh, false, {}, start);
    EXPECT_EQ(direct.action, expected == fly_replay ? forward : expected)
        << name << ": " << to_string(direct.action);
    EXPECT_EQ(direct.reason, got.reason) << name;
  }
}

}  // namespace
}  // namespace litefs
