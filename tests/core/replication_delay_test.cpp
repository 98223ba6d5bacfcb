#include "litefs/replication_delay.hpp"

#include <gtest/gtest.h>

namespace litefs {
namespace {

using namespace std::chrono_literals;

time_point at(int ms) { return time_point{} + std::chrono::milliseconds(ms); }

std::vector<database_position> reached(std::uint64_t txid) { return {{"db", {{txid}, 1}}}; }

TEST(replication_delay, is_what_the_newest_took_and_the_age_of_the_first_that_lacks) {
  replication_delay d;
  EXPECT_EQ(d.of("n1", at(0)), std::nullopt);
  d.on_replica("n1", reached(4), at(0));
  EXPECT_EQ(d.of("n1", at(1)), std::nullopt) << "nothing was sent yet";
  d.on_local("db", {5}, at(100));
  d.on_local("db", {6}, at(150));
  EXPECT_EQ(d.of("n1", at(300)), 200ms);
  d.on_replica("n1", reached(5), at(310));
  EXPECT_EQ(d.of("n1", at(310)), 160ms);
  d.on_replica("n1", reached(6), at(320));
  EXPECT_EQ(d.of("n1", at(5'000)), 170ms) << "the newest took so long, however long ago";
  d.on_replica("n1", reached(6), at(6'000));
  EXPECT_EQ(d.of("n1", at(6'000)), 170ms) << "a heartbeat is no news";
}

TEST(replication_delay, a_database_that_a_replica_has_not_at_all) {
  replication_delay d;
  d.on_replica("n1", {}, at(0));
  d.on_local("db", {1}, at(10));
  EXPECT_EQ(d.of("n1", at(60)), 50ms);
}

TEST(replication_delay, forgets_who_left_and_another_history) {
  replication_delay d;
  d.on_local("db", {5}, at(0));
  d.on_replica("n1", reached(4), at(0));
  d.on_gone("n1");
  EXPECT_EQ(d.of("n1", at(10)), std::nullopt);
  d.on_replica("n1", reached(4), at(10));
  d.on_local("db", {5}, at(20));
  EXPECT_EQ(d.of("n1", at(30)), 10ms) << "TXID 5 came again";
  d.clear();
  EXPECT_EQ(d.of("n1", at(40)), std::nullopt);
}

TEST(replication_delay, is_bounded) {
  replication_delay d;
  d.on_replica("n1", reached(0), at(0));
  for (std::uint64_t n = 1; n <= replication_delay::kept_max + 10; ++n)
    d.on_local("db", {n}, at(static_cast<int>(n)));
  auto const now = at(replication_delay::kept_max + 10);
  EXPECT_EQ(d.of("n1", now), std::chrono::milliseconds(replication_delay::kept_max - 1));
}

}  // namespace
}  // namespace litefs
