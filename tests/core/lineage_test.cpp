#include "litefs/lineage.hpp"

#include <gtest/gtest.h>

namespace litefs {
namespace {

constexpr std::uint32_t db = 7;

position at(std::uint64_t id, std::uint64_t checksum) { return {txid{id}, checksum}; }

class lineage_of_ten : public ::testing::Test {
 protected:
  lineage_of_ten() {
    for (std::uint64_t id = 1; id <= 10; ++id) history.record(db, at(id, 100 + id));
  }
  lineage history;
};

TEST_F(lineage_of_ten, verdicts) {
  EXPECT_EQ(history.compare(db, at(4, 104)), lineage_verdict::same);
  EXPECT_EQ(history.compare(db, at(4, 204)), lineage_verdict::other);
  EXPECT_EQ(history.compare(db, at(11, 1)), lineage_verdict::unknown);
  EXPECT_EQ(history.compare(db, at(0, 0)), lineage_verdict::unknown);
  EXPECT_EQ(history.compare(db + 1, at(4, 104)), lineage_verdict::unknown);
}

TEST_F(lineage_of_ten, the_ring_forgets) {
  for (std::uint64_t id = 11; id <= 4 + lineage::capacity; ++id) history.record(db, at(id, 100 + id));
  EXPECT_EQ(history.compare(db, at(4, 204)), lineage_verdict::unknown);
  EXPECT_EQ(history.compare(db, at(5, 105)), lineage_verdict::same);
}

// After a lossy failover the old primary's LiteFS gets a snapshot; its last transactions are in no history
// any more.
TEST_F(lineage_of_ten, a_snapshot_past_a_lost_tail_vouches_for_nothing_before_it) {
  history.record(db, at(20, 220));
  EXPECT_EQ(history.compare(db, at(9, 109)), lineage_verdict::unseen);
  EXPECT_EQ(history.compare(db, at(15, 215)), lineage_verdict::unseen);
  EXPECT_EQ(history.compare(db, at(20, 220)), lineage_verdict::same);
  EXPECT_EQ(history.breaks(), 0U);
}

TEST_F(lineage_of_ten, a_repeated_txid_with_other_content_ends_the_old_history) {
  history.record(db, at(9, 209));
  EXPECT_EQ(history.compare(db, at(9, 109)), lineage_verdict::other);
  EXPECT_EQ(history.compare(db, at(10, 110)), lineage_verdict::unknown);
  EXPECT_EQ(history.compare(db, at(8, 108)), lineage_verdict::unseen);
  history.record(db, at(12, 212));  // skips 10 and 11
  EXPECT_EQ(history.compare(db, at(10, 110)), lineage_verdict::unseen);
  EXPECT_EQ(history.breaks(), 1U);
}

TEST(lineage, a_step_back_into_the_unknown_forgets_what_came_after) {
  lineage history;
  history.record(db, at(10, 110));
  history.record(db, at(9, 209));
  EXPECT_EQ(history.compare(db, at(10, 110)), lineage_verdict::unknown);
  EXPECT_EQ(history.compare(db, at(9, 109)), lineage_verdict::other);
}

TEST(lineage, events_that_repeat_a_resync_change_nothing) {
  lineage history;
  history.record(db, at(10, 110));
  for (std::uint64_t id = 8; id <= 11; ++id) history.record(db, at(id, 100 + id));
  for (std::uint64_t id = 8; id <= 11; ++id)
    EXPECT_EQ(history.compare(db, at(id, 100 + id)), lineage_verdict::same) << id;
  EXPECT_EQ(history.breaks(), 0U);
}

}  // namespace
}  // namespace litefs
