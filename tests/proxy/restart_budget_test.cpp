#include "litefs/proxy/restart_budget.hpp"

#include <gtest/gtest.h>

namespace litefs::proxy {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(restart_budget, pauses_grow_and_end) {
  restart_budget budget;
  time_point const start{};
  auto expected = restart_budget::first_pause;
  for (std::size_t i = 0; i < restart_budget::starts_max; ++i, expected *= 2) {
    EXPECT_EQ(budget.spend(start + seconds(i)), expected);
  }
  EXPECT_EQ(budget.spend(start + seconds(10)), std::nullopt);
}

TEST(restart_budget, forgets_what_was_long_ago) {
  restart_budget budget;
  time_point now{};
  for (int i = 0; i < 100; ++i, now += seconds(61)) EXPECT_EQ(budget.spend(now), restart_budget::first_pause);
}

}  // namespace
}  // namespace litefs::proxy
