#include "litefs/chronicle.hpp"

#include <gtest/gtest.h>

namespace litefs {
namespace {

incident one(std::int64_t at, std::string node = "n0") {
  return {.at_ms = at, .node = std::move(node), .kind = "role", .what = "is primary"};
}

TEST(chronicle, is_in_order_of_time_whoever_tells_first) {
  chronicle c;
  EXPECT_TRUE(c.merge({one(20), one(10, "n1")}));
  EXPECT_TRUE(c.merge({one(15, "n2")}));
  EXPECT_EQ(c.all(), (std::vector<incident>{one(10, "n1"), one(15, "n2"), one(20)}));
}

TEST(chronicle, what_is_known_is_not_told_on) {
  chronicle c;
  EXPECT_TRUE(c.merge({one(1), one(2)}));
  EXPECT_FALSE(c.merge({one(2), one(1)}));
  EXPECT_FALSE(c.merge({}));
  EXPECT_TRUE(c.merge({one(1), one(3)}));
}

TEST(chronicle, keeps_the_newest_and_never_goes_back) {
  chronicle c;
  for (std::int64_t at = 1; at <= 60; ++at) EXPECT_TRUE(c.merge({one(at)}));
  ASSERT_EQ(c.all().size(), chronicle::capacity);
  EXPECT_EQ(c.all().front(), one(11));
  EXPECT_EQ(c.all().back(), one(60));
  EXPECT_FALSE(c.merge({one(10)})) << "two nodes would tell each other of it for ever";
}

}  // namespace
}  // namespace litefs
