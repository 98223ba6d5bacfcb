// What a node remembers of its cluster, from one start to the next.
#include "litefs/proxy/membership.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace litefs::proxy {
namespace {

using namespace std::chrono_literals;
using names = std::vector<std::string>;

position at(std::uint64_t txid, std::uint64_t checksum) { return {.txid = {txid}, .checksum = checksum}; }

node_report of_peer(bool candidate, bool leaving = false) {
  node_report r;
  r.candidate = candidate;
  r.leaving = leaving;
  return r;
}

class membership_test : public testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove(file_); }

  [[nodiscard]] membership open() const { return {"n1", file_, history_}; }

  void become(membership& m, role r, std::string primary, position const& own) {
    node_state s;
    s.role = r;
    s.primary = std::move(primary);
    s.positions = {{"db", own}};
    history_.record(database_id("db"), own);
    state_ = s;
    m.on_state(s);
  }

  void hear(membership& m, std::uint64_t generation, names candidates, position const& of_primary,
            std::chrono::milliseconds after = 0ms) {
    node_report r;
    r.role = role::primary;
    r.primary = state_.primary;
    r.generation = generation;
    r.holders = std::move(candidates);
    r.positions = {{"db", of_primary}};
    m.on_primary_report(r, state_, now_ += after);
  }

  std::string file_ = testing::TempDir() + "membership-" + std::to_string(::getpid()) + ".json";
  lineage history_;
  node_state state_;
  time_point now_ = std::chrono::steady_clock::now();
};

TEST_F(membership_test, a_primary_counts_a_generation_and_who_is_there) {
  {
    auto m = open();
    become(m, role::primary, "n1", at(1, 1));
    EXPECT_EQ(open().memory(), (node_memory{1, true, {}})) << "written before anybody is answered";
    EXPECT_TRUE(m.on_peer_report("n2", of_peer(true)));
    EXPECT_TRUE(m.on_peer_report("n0", of_peer(true)));
    EXPECT_FALSE(m.on_peer_report("n0", of_peer(true)));
    EXPECT_FALSE(m.on_peer_report("n3", of_peer(false)));
  }
  auto m = open();
  EXPECT_EQ(m.memory(), (node_memory{1, true, {"n0", "n2"}}));
  become(m, role::primary, "n1", at(2, 2));
  EXPECT_EQ(m.memory(), (node_memory{2, true, {"n0", "n2"}})) << "a lost link removes nobody";
  EXPECT_TRUE(m.on_peer_report("n0", of_peer(true, true)));
  EXPECT_TRUE(m.on_peer_report("n2", of_peer(false)));
  EXPECT_EQ(open().memory(), (node_memory{2, true, {}}));
}

TEST_F(membership_test, a_replica_takes_over_the_generation_once_it_holds_its_history) {
  auto m = open();
  become(m, role::replica, "n0", at(5, 50));
  hear(m, 3, {"n1", "n2"}, at(7, 70));
  EXPECT_FALSE(m.holds_primary());
  EXPECT_EQ(m.memory(), (node_memory{0, false, {"n0", "n2"}})) << "all of them may hold more";
  become(m, role::replica, "n0", at(6, 60));
  EXPECT_FALSE(m.holds_primary());
  become(m, role::replica, "n0", at(7, 70));
  EXPECT_TRUE(m.holds_primary());
  EXPECT_EQ(open().memory(), (node_memory{3, false, {"n0", "n2"}}));
  hear(m, 3, {"n1"}, at(7, 70));
  EXPECT_EQ(m.memory(), (node_memory{3, false, {"n0"}})) << "n2 has left in order";
}

TEST_F(membership_test, a_lost_tail_is_not_the_primarys_history) {
  auto m = open();
  become(m, role::replica, "n0", at(9, 90));
  hear(m, 3, {}, at(7, 71));
  EXPECT_FALSE(m.holds_primary()) << "beyond it, but not over it";
  become(m, role::replica, "n0", at(7, 71));
  EXPECT_TRUE(m.holds_primary());
}

TEST_F(membership_test, a_goal_that_was_skipped_is_replaced) {
  auto m = open();
  become(m, role::replica, "n0", at(5, 50));
  hear(m, 3, {}, at(7, 70));
  become(m, role::replica, "n0", at(8, 80));  // a snapshot
  hear(m, 3, {}, at(8, 80));
  EXPECT_FALSE(m.holds_primary());
  hear(m, 3, {}, at(8, 80), 1001ms);
  EXPECT_TRUE(m.holds_primary());
}

TEST_F(membership_test, what_is_heard_counts_only_of_the_primary_it_follows) {
  auto m = open();
  become(m, role::disconnected, "n0", at(5, 50));
  hear(m, 3, {}, at(5, 50));
  become(m, role::replica, "n0", at(5, 50));
  hear(m, 0, {}, at(5, 50));  // it does not know its own positions yet
  EXPECT_FALSE(m.holds_primary());
  EXPECT_FALSE(m.on_peer_report("n2", of_peer(true)));
  hear(m, 3, {}, at(5, 50));
  EXPECT_TRUE(m.holds_primary());
  become(m, role::replica, "n2", at(5, 50));
  EXPECT_FALSE(m.holds_primary()) << "that was another primary";
}

TEST_F(membership_test, a_generation_heard_of_is_passed) {
  auto m = open();
  become(m, role::replica, "n0", at(5, 50));
  hear(m, 7, {}, at(9, 90));
  become(m, role::primary, "n1", at(5, 50));
  EXPECT_EQ(m.memory().generation, 8U);
}

TEST_F(membership_test, a_file_that_is_none_is_no_memory) {
  std::ofstream(file_) << "{\"format\":1,";
  EXPECT_EQ(open().memory(), node_memory{});
}

}  // namespace
}  // namespace litefs::proxy
