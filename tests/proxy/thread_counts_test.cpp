#include "litefs/proxy/counter.hpp"

#include <gtest/gtest.h>

#include "litefs/proxy/thread_counts.hpp"

namespace litefs::proxy {
namespace {

using namespace std::chrono_literals;

TEST(histogram, a_bound_belongs_to_its_bucket) {
  struct {
    std::chrono::microseconds took;
    std::size_t bucket;
  } const cases[] = {{0us, 0}, {500us, 0}, {501us, 1}, {1ms, 1}, {30s, 14}, {1h, 15}, {-1us, 0}};
  for (auto const& c : cases) {
    histogram h;
    h.observe(c.took);
    EXPECT_EQ(h.count(c.bucket), 1U) << c.took.count();
    EXPECT_EQ(h.count(), 1U);
    EXPECT_EQ(h.sum(), std::max(c.took, 0us));
  }
}

TEST(thread_counts, count_a_request_by_its_route_role_and_status) {
  thread_counts counts;
  route const write{action::forward, reason::write};
  counts.ended(write, role::replica, 201, 30ms, {.held = 20ms});
  counts.ended(write, role::replica, 0, 30ms, {});
  auto const of = [&](std::size_t status_class) {
    return counts.requests.value(static_cast<std::size_t>(action::forward),
                                 static_cast<std::size_t>(reason::write),
                                 static_cast<std::size_t>(role::replica), status_class);
  };
  EXPECT_EQ(of(2), 1U);
  EXPECT_EQ(of(0), 1U) << "the client left";
  EXPECT_EQ(of(5), 0U);
  EXPECT_EQ(counts.duration[static_cast<std::size_t>(action::forward)].count(), 2U);
  EXPECT_EQ(counts.held.count(), 1U) << "who was not held is not in the histogram";
  EXPECT_EQ(counts.behind.count(), 0U);
}

TEST(thread_counts, the_last_route_has_a_place_of_its_own) {
  thread_counts counts;
  counts.ended({action::refuse, reason::rejected}, role::single, 503, 1ms, {});
  EXPECT_EQ(counts.requests.value(action_count - 1, reason_count - 1, route_counts::roles - 1, 5), 1U);
}

TEST(thread_counts, a_refusal_that_nobody_listed_is_other) {
  thread_counts counts;
  counts.refused("no-primary");
  counts.refused("of-a-newer-version");
  EXPECT_EQ(counts.refusals.front().value(), 1U);
  EXPECT_EQ(counts.refusals.back().value(), 1U);
  EXPECT_EQ(counts.all_refusals(), 2U);
}

}  // namespace
}  // namespace litefs::proxy
