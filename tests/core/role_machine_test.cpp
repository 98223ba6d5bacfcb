#include "litefs/role_machine.hpp"

#include <gtest/gtest.h>

#include <random>

namespace litefs {
namespace {

using namespace std::chrono_literals;

time_point const start = time_point{} + 1000s;
primary_event const none{false, ""};
primary_event const self{true, ""};
primary_event const n1{false, "n1"};
primary_event const n2{false, "n2"};
tx_event const commit{"db", {txid{2}, 20}};

class role_machine_test : public ::testing::Test {
 protected:
  void expect(role r, std::string_view primary) {
    EXPECT_EQ(machine.state().role, r);
    EXPECT_EQ(machine.state().primary, primary);
  }
  role_machine machine{{"n0"}, start};
};

TEST_F(role_machine_test, starts_unknown) {
  expect(role::unknown, "");
  EXPECT_EQ(machine.state().stale_since, start);
}

TEST_F(role_machine_test, roles_follow_litefs) {
  EXPECT_TRUE(machine.on_primary(n1, start));
  expect(role::replica, "n1");
  EXPECT_FALSE(machine.on_primary(n1, start));
  EXPECT_TRUE(machine.on_primary(n2, start));
  expect(role::replica, "n2");
  EXPECT_TRUE(machine.on_primary(self, start));
  expect(role::primary, "n0");
  EXPECT_EQ(machine.state().stale_since, std::nullopt);
  EXPECT_TRUE(machine.on_primary(none, start + 1s));
  expect(role::unknown, "");
  EXPECT_EQ(machine.state().stale_since, start + 1s);
}

TEST_F(role_machine_test, flapping_is_one_disconnection) {
  machine.on_primary(n1, start);
  EXPECT_TRUE(machine.on_primary(none, start + 1s));
  expect(role::disconnected, "n1");
  for (auto t = start + 2s; t < start + 60s; t += 2s) {
    EXPECT_FALSE(machine.on_primary(n1, t));
    EXPECT_FALSE(machine.tick(t + 900ms));
    EXPECT_FALSE(machine.on_primary(none, t + 1s));
    EXPECT_FALSE(machine.tick(t + 1900ms));
  }
  expect(role::disconnected, "n1");
  EXPECT_EQ(machine.state().stale_since, start + 1s);
}

TEST_F(role_machine_test, the_same_primary_is_believed_after_it_stayed) {
  machine.on_primary(n1, start);
  machine.on_primary(none, start + 1s);
  EXPECT_FALSE(machine.on_primary(n1, start + 2s));
  EXPECT_FALSE(machine.tick(start + 3499ms));
  EXPECT_TRUE(machine.tick(start + 3500ms));
  expect(role::replica, "n1");
  EXPECT_EQ(machine.state().stale_since, std::nullopt);
}

TEST_F(role_machine_test, a_transaction_proves_the_connection) {
  machine.on_primary(n1, start);
  machine.on_primary(none, start + 1s);
  EXPECT_FALSE(machine.on_tx(commit, start + 1500ms));
  expect(role::disconnected, "n1");
  machine.on_primary(n1, start + 2s);
  EXPECT_TRUE(machine.on_tx(commit, start + 2100ms));
  expect(role::replica, "n1");
}

TEST_F(role_machine_test, another_primary_or_ourselves_count_at_once) {
  machine.on_primary(n1, start);
  machine.on_primary(none, start + 1s);
  EXPECT_TRUE(machine.on_primary(n2, start + 2s));
  expect(role::replica, "n2");
  machine.on_primary(none, start + 3s);
  EXPECT_TRUE(machine.on_primary(self, start + 4s));
  expect(role::primary, "n0");
}

TEST_F(role_machine_test, our_own_name_without_the_lease_is_no_primary) {
  machine.on_primary({false, "n0"}, start);
  expect(role::unknown, "");
  machine.on_primary(self, start);
  machine.on_primary({false, "n0"}, start + 1s);
  expect(role::unknown, "");
}

TEST_F(role_machine_test, our_litefs_silent) {
  machine.on_primary(n1, start);
  EXPECT_TRUE(machine.on_stream_lost(start + 1s));
  expect(role::disconnected, "n1");
  EXPECT_FALSE(machine.on_stream_lost(start + 2s));
  EXPECT_TRUE(machine.on_primary(n1, start + 3s));  // it was our stream, not the primary's
  expect(role::replica, "n1");
  machine.on_primary(self, start + 4s);
  EXPECT_TRUE(machine.on_stream_lost(start + 5s));
  expect(role::unknown, "");
}

TEST_F(role_machine_test, a_long_disconnection_is_forgotten) {
  machine.on_primary(n1, start);
  machine.on_primary(none, start + 1s);
  EXPECT_FALSE(machine.tick(start + 600s));
  EXPECT_TRUE(machine.tick(start + 601s));
  expect(role::unknown, "");
  EXPECT_EQ(machine.state().stale_since, start + 1s);
  EXPECT_FALSE(machine.on_primary(n1, start + 602s));  // it still flaps
  EXPECT_TRUE(machine.tick(start + 604s));
  expect(role::replica, "n1");
}

TEST_F(role_machine_test, positions_mount_and_lag) {
  EXPECT_FALSE(machine.on_tx(commit, start));
  EXPECT_FALSE(machine.on_tx({"db", {txid{3}, 30}}, start));
  EXPECT_FALSE(machine.on_tx({"other", {txid{1}, 10}}, start));
  EXPECT_EQ(machine.state().positions,
            (std::vector<database_position>{{"db", {txid{3}, 30}}, {"other", {txid{1}, 10}}}));
  std::vector<database_position> const restored{{"db", {txid{1}, 11}}};
  machine.resync(restored);
  EXPECT_EQ(machine.state().positions, restored);
  EXPECT_TRUE(machine.on_mount(false, start));
  EXPECT_FALSE(machine.on_mount(false, start + 1s));
  EXPECT_FALSE(machine.state().mount_alive);
  EXPECT_EQ(machine.state().mount_dead_since, start);
  EXPECT_TRUE(machine.on_mount(true, start + 2s));
  EXPECT_FALSE(machine.state().mount_dead_since);
  EXPECT_TRUE(machine.on_lag(7ms, start));
  EXPECT_FALSE(machine.on_lag(7ms, start));
}

TEST_F(role_machine_test, a_primary_that_falls_silent_on_the_peer_link) {
  machine.on_primary(n1, start);
  EXPECT_FALSE(machine.tick(start + 60s));  // never heard: not judged
  EXPECT_FALSE(machine.on_heard("n1", start + 60s, start + 61s));
  EXPECT_FALSE(machine.tick(start + 62999ms));
  EXPECT_TRUE(machine.tick(start + 63s));
  expect(role::disconnected, "n1");
  EXPECT_EQ(machine.state().stale_since, start + 60s);
  EXPECT_FALSE(machine.on_primary(n1, start + 64s));               // LiteFS itself notices nothing
  EXPECT_FALSE(machine.on_heard("n1", start + 61s, start + 64s));  // old news
  expect(role::disconnected, "n1");
  EXPECT_TRUE(machine.on_heard("n1", start + 65s, start + 66s));
  expect(role::replica, "n1");
}

TEST_F(role_machine_test, a_transaction_is_a_word_of_the_primary) {
  machine.on_primary(n1, start);
  machine.on_heard("n1", start, start);
  machine.on_tx(commit, start + 2s);
  EXPECT_FALSE(machine.tick(start + 4s));
  EXPECT_TRUE(machine.tick(start + 5s));
  EXPECT_TRUE(machine.on_tx(commit, start + 6s));
  expect(role::replica, "n1");
}

TEST_F(role_machine_test, lag_alone_is_no_disconnection) {
  machine.on_primary(n1, start);
  for (auto t = start; t < start + 30s; t += 500ms) {
    machine.on_heard("n1", t, t);
    machine.on_lag(std::chrono::duration_cast<std::chrono::milliseconds>(t - start), t);
    machine.tick(t);
  }
  expect(role::replica, "n1");
}

TEST_F(role_machine_test, silence_of_a_former_primary_means_nothing) {
  machine.on_primary(n1, start);
  machine.on_heard("n1", start, start);
  machine.on_primary(n2, start + 1s);
  EXPECT_FALSE(machine.tick(start + 60s));
  expect(role::replica, "n2");
}

TEST_F(role_machine_test, a_silent_primary_that_LiteFS_loses_too_has_to_stay_again) {
  machine.on_primary(n1, start);
  machine.on_heard("n1", start, start);
  machine.tick(start + 3s);
  machine.on_primary(none, start + 4s);
  machine.on_primary(n1, start + 5s);
  EXPECT_FALSE(machine.on_heard("n1", start + 6s, start + 6s));
  EXPECT_TRUE(machine.on_heard("n1", start + 6500ms, start + 6500ms));
  expect(role::replica, "n1");
}

// Any order of inputs keeps the promises that routing relies on.
class role_machine_random : public ::testing::TestWithParam<unsigned> {};

TEST_P(role_machine_random, keeps_its_promises) {
  std::minstd_rand random(GetParam());
  std::vector<primary_event> const events{none, self, n1, n2, {false, "n0"}};
  role_machine machine({"n0"}, start);
  auto now = start;
  bool told_primary = false;
  std::string last_named;
  for (int step = 0; step < 2000; ++step) {
    now += std::chrono::milliseconds(random() % 1200);
    auto const before = machine.state();
    bool changed = false;
    switch (random() % 9) {
      case 8:
        changed = machine.on_heard(random() % 2 == 0 ? "n1" : "n2",
                                   now - std::chrono::milliseconds(random() % 2000), now);
        break;
      case 0:
        changed = machine.on_stream_lost(now), told_primary = false, last_named.clear();
        break;
      case 1:
        changed = machine.on_tx(commit, now);
        break;
      case 2:
        changed = machine.tick(now);
        break;
      case 3:
        changed = machine.on_mount(random() % 2 == 0, now);
        break;
      default:
        auto const& e = events[random() % events.size()];
        changed = machine.on_primary(e, now);
        told_primary = e.is_primary;
        last_named = e.hostname == "n0" ? "" : e.hostname;
    }
    auto const& state = machine.state();
    auto comparable = state;
    comparable.positions = before.positions;
    ASSERT_EQ(changed, comparable != before) << step;
    ASSERT_EQ(state.role == role::primary, told_primary) << step;
    ASSERT_EQ(state.stale_since.has_value(), state.role == role::disconnected || state.role == role::unknown)
        << step;
    ASSERT_EQ(state.primary.empty(), state.role == role::unknown) << step;
    ASSERT_EQ(state.primary == "n0", state.role == role::primary) << step;
    if (state.role == role::replica) {
      ASSERT_EQ(state.primary, last_named) << step;
    }
  }
  // Quiet input settles at what was said last.
  machine.on_heard(last_named, now + 2s, now + 2s);
  auto const settled = machine.state();
  EXPECT_FALSE(machine.tick(now + 4s));
  EXPECT_EQ(settled.role == role::replica, !last_named.empty());
  EXPECT_EQ(settled.role == role::primary, told_primary);
}

INSTANTIATE_TEST_SUITE_P(seeds, role_machine_random, ::testing::Range(1U, 51U));

}  // namespace
}  // namespace litefs
