#include "litefs/gate_policy.hpp"

#include <gtest/gtest.h>

namespace litefs {
namespace {

using namespace std::chrono_literals;

constexpr gate_policy::options rules{.grace = 1ms, .open_min = 5ms, .closed_max = 100ms, .futile_max = 400ms};

position at(std::uint64_t id) { return {{id}, id}; }

class gate_policy_test : public ::testing::Test {
 protected:
  gate_policy policy{rules};
  time_point const start{10s};

  void primary(std::uint64_t id, std::chrono::milliseconds when, std::string_view db = "a") {
    policy.primary_at(db, at(id), start + when);
  }
  void local(std::uint64_t id, std::chrono::milliseconds when, std::string_view db = "a") {
    policy.local_at(db, at(id), start + when);
  }
  bool closed(std::chrono::milliseconds when) { return policy.closed(start + when); }
  std::optional<std::chrono::milliseconds> due() {
    auto const next = policy.due();
    if (!next) return std::nullopt;
    return std::chrono::duration_cast<std::chrono::milliseconds>(*next - start);
  }
};

TEST_F(gate_policy_test, is_open_while_nothing_is_known_or_nothing_is_missing) {
  EXPECT_FALSE(closed(0ms));
  primary(5, 0ms);  // a database that is not here yet
  EXPECT_FALSE(closed(10ms));
  EXPECT_EQ(due(), std::nullopt);
  local(5, 11ms);
  EXPECT_FALSE(closed(20ms));
  local(6, 21ms);  // heard here first
  EXPECT_FALSE(closed(30ms));
}

TEST_F(gate_policy_test, closes_after_its_grace_and_opens_with_the_transaction) {
  local(5, 0ms);
  primary(6, 10ms);
  EXPECT_FALSE(closed(10ms));
  EXPECT_EQ(due(), 11ms);
  EXPECT_TRUE(closed(11ms));
  EXPECT_EQ(policy.closed_for(start + 14ms), 3ms);
  local(6, 14ms);
  EXPECT_FALSE(closed(14ms));
  EXPECT_EQ(policy.closed_for(start + 14ms), 0ms);
}

TEST_F(gate_policy_test, never_closes_for_what_arrives_within_the_grace) {
  local(5, 0ms);
  primary(6, 10ms);
  local(6, 10ms);
  EXPECT_EQ(due(), std::nullopt);
  EXPECT_FALSE(closed(11ms));
}

TEST_F(gate_policy_test, has_no_grace_after_a_transaction_that_was_late) {
  local(5, 0ms);
  primary(6, 0ms);
  EXPECT_TRUE(closed(1ms));
  local(6, 3ms);
  EXPECT_FALSE(closed(3ms));
  primary(7, 20ms);
  EXPECT_TRUE(closed(20ms));
  local(7, 21ms);  // nobody was in its way
  EXPECT_FALSE(closed(21ms));
  primary(8, 40ms);
  EXPECT_FALSE(closed(40ms));
  EXPECT_EQ(due(), 41ms);
}

TEST_F(gate_policy_test, stays_open_for_a_while_so_that_readers_make_progress) {
  local(5, 0ms);
  primary(6, 0ms);
  EXPECT_TRUE(closed(1ms));
  local(6, 3ms);
  EXPECT_FALSE(closed(3ms));
  primary(7, 3ms);
  EXPECT_FALSE(closed(7ms));
  EXPECT_EQ(due(), 8ms);
  EXPECT_TRUE(closed(8ms));
}

TEST_F(gate_policy_test, one_database_behind_is_enough) {
  for (std::string_view const db : {"a", "b"}) {
    local(5, 0ms, db);
    primary(5, 0ms, db);
  }
  EXPECT_FALSE(closed(5ms));
  primary(6, 10ms, "b");
  EXPECT_TRUE(closed(11ms));
  local(6, 12ms, "a");
  EXPECT_TRUE(closed(12ms));
  local(6, 13ms, "b");
  EXPECT_FALSE(closed(13ms));
}

TEST_F(gate_policy_test, a_closing_in_vain_ends_and_the_next_ones_come_ever_later) {
  local(5, 0ms);
  primary(6, 0ms);
  EXPECT_TRUE(closed(1ms));
  EXPECT_TRUE(closed(100ms));
  EXPECT_FALSE(closed(101ms));
  EXPECT_EQ(due(), 201ms);
  EXPECT_TRUE(closed(201ms));
  EXPECT_FALSE(closed(301ms));
  EXPECT_EQ(due(), 501ms);
  EXPECT_TRUE(closed(501ms));
  EXPECT_FALSE(closed(601ms));
  EXPECT_EQ(due(), 1001ms);
  EXPECT_TRUE(closed(1001ms));
  EXPECT_FALSE(closed(1101ms));
  EXPECT_EQ(due(), 1501ms);  // not longer than futile_max
  // What held it up is over: back to normal at once.
  local(6, 1200ms);
  primary(8, 1200ms);
  EXPECT_EQ(due(), 1205ms);
  EXPECT_TRUE(closed(1205ms));
}

TEST_F(gate_policy_test, a_long_closing_with_progress_is_not_in_vain) {
  local(5, 0ms);
  primary(50, 0ms);
  EXPECT_TRUE(closed(1ms));
  local(20, 90ms);
  EXPECT_FALSE(closed(101ms));
  EXPECT_EQ(due(), 106ms);
}

TEST_F(gate_policy_test, a_long_read_keeps_it_open) {
  local(5, 0ms);
  primary(6, 0ms);
  EXPECT_TRUE(closed(1ms));
  policy.long_read(true);
  EXPECT_FALSE(closed(30ms));
  EXPECT_EQ(due(), std::nullopt);
  policy.long_read(false);
  EXPECT_EQ(due(), 35ms);
  EXPECT_TRUE(closed(35ms));
}

TEST_F(gate_policy_test, without_a_primary_it_is_open) {
  local(5, 0ms);
  primary(6, 0ms);
  EXPECT_TRUE(closed(1ms));
  policy.primary_unknown();
  EXPECT_FALSE(closed(2ms));
  // Another primary has lost transactions: not behind it.
  primary(4, 3ms);
  EXPECT_FALSE(closed(20ms));
}

}  // namespace
}  // namespace litefs
