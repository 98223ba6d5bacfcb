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
  request_facts facts;
  node_state state;
  litefs::action expected;
};

// Of a request that Fly's proxy sent for the first time, each row changes one thing.
TEST(routing_fly, replays_once_what_only_the_primary_can_do) {
  request_facts const fly_post{.from_fly = true, .body_length = 1'000'000};
  auto const but = [&](auto change) {
    auto facts = fly_post;
    change(facts);
    return facts;
  };
  using facts = request_facts;
  fly_row const table[] = {
      {"a write", fly_post, replica, fly_replay},
      {"without a body", but([](facts& f) { f.body_length = 0; }), replica, fly_replay},
      {"a body too long to replay", but([](facts& f) { f.body_length = 1'000'001; }), replica, forward},
      {"a body of unknown length", but([](facts& f) { f.body_length.reset(); }), replica, forward},
      {"not from Fly", but([](facts& f) { f.from_fly = false; }), replica, forward},
      {"replayed before", but([](facts& f) { f.fly_replayed = true; }), replica, forward},
      {"replayed before, nobody there", but([](facts& f) { f.fly_replayed = true; }), unknown, hold},
      {"the app ran", but([](facts& f) { f.safe = f.replay = true; }), replica, forward},
      {"an upgrade", but([](facts& f) { f.safe = f.upgrade = true; }), replica, forward},
      {"always-forward", but([](facts& f) { f.safe = f.always_forward = true; }), replica, fly_replay},
      {"remembered", but([](facts& f) { f.safe = f.remembered = true; }), replica, fly_replay},
      {"the primary did not answer", but([](facts& f) { f.primary_unreachable = true; }), replica, hold},
      {"a hop", but([](facts& f) { f.hop = true; }), replica, refuse},
      {"only its proxy knows", fly_post, disconnected, forward},
      {"no primary", fly_post, unknown, hold},
      {"here", fly_post, primary, local},
      {"a read", but([](facts& f) { f.safe = true; }), replica, local},
      {"a read for freshness", but([](facts& f) { f.safe = f.waited = true; }), without_mount(replica),
       forward},
  };
  policy const by_fly{.fly_replay = true};
  for (auto const& [name, asked, state, expected] : table) {
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
