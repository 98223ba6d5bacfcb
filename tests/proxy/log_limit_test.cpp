#include "litefs/proxy/log_limit.hpp"

#include <gtest/gtest.h>

namespace litefs::proxy {
namespace {

TEST(log_limit, lets_one_through_per_period_and_says_what_it_kept) {
  using namespace std::chrono_literals;
  log_limit limit(10s);
  log_limit::time_point const start{1000s};
  EXPECT_EQ(limit.pass(start), 0U);
  EXPECT_EQ(limit.pass(start + 1s), std::nullopt);
  EXPECT_EQ(limit.pass(start + 9s), std::nullopt);
  EXPECT_EQ(limit.pass(start + 10s), 2U);
  EXPECT_EQ(limit.pass(start + 15s), std::nullopt);
  EXPECT_EQ(limit.pass(start + 30s), 1U);
}

}  // namespace
}  // namespace litefs::proxy
