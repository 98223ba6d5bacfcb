// Maintenance: who takes over whose word, when it ends, and what requests get meanwhile.
#include "litefs/proxy/maintenance.hpp"

#include <gtest/gtest.h>

#include "control_thread.hpp"
#include "two_nodes.hpp"

namespace litefs::proxy::test {
namespace {

using namespace std::chrono_literals;

class maintenance_word : public ::testing::Test {
 protected:
  control_thread control_;
  node node_{node_config("n1", 1)};
  int changes_ = 0;
  maintenance own_{control_.context, node_, [this] { ++changes_; }};
};

TEST_F(maintenance_word, the_higher_number_counts) {
  own_.hear({.number = 5, .left = 60s});
  EXPECT_TRUE(node_.frozen);
  EXPECT_EQ(own_.now().number, 5U);
  own_.hear({.number = 5, .left = 0s});
  own_.hear({.number = 4, .left = 0s});
  EXPECT_TRUE(node_.frozen);
  own_.hear({.number = 6, .left = 0s});
  EXPECT_FALSE(node_.frozen);
  EXPECT_EQ(own_.now(), (freeze{.number = 6, .left = 0s}));
  EXPECT_EQ(changes_, 2);
}

TEST_F(maintenance_word, a_node_that_forgot_everything_still_has_the_last_word) {
  own_.set(60s);
  auto const before = own_.now().number;
  maintenance restarted(control_.context, node_, [] {});
  restarted.set(0s);
  EXPECT_GE(restarted.now().number, before);
  own_.set(1s);
  EXPECT_GT(own_.now().number, before);
}

TEST_F(maintenance_word, is_bounded_and_ends_by_itself) {
  own_.set(48h);
  EXPECT_LE(own_.now().left, 24h);
  own_.set(20ms);
  control_.run([](condition& changed, node& n) -> boost::asio::awaitable<void> {
    condition::predicate over = [&n] { return !n.frozen; };
    co_await changed.wait(in_ms(200), over);
  }(control_.changed, node_));
  EXPECT_FALSE(node_.frozen);
  EXPECT_EQ(own_.now().left, 0ms);
}

TEST(maintenance_requests, writes_are_refused_and_reads_served_on_every_node) {
  two_nodes nodes;
  for (auto* const door : {nodes.primary.get(), nodes.replica.get()}) {
    door->shared().frozen = true;
    auto const refused = door->ask(post);
    EXPECT_EQ(status_of(refused), 503);
    EXPECT_EQ(line_of(refused, "litefs-not-executed"), "maintenance");
    EXPECT_NE(line_of(refused, "Retry-After"), "");
    EXPECT_EQ(status_of(door->ask(get)), 200);
    door->shared().frozen = false;
  }
  EXPECT_EQ(count(nodes.app1.received(), "POST"), 0U);
  EXPECT_EQ(status_of(nodes.replica->ask(post)), 200);
}

TEST(maintenance_requests, a_write_that_only_the_primary_refuses_is_not_lost_on_the_way) {
  two_nodes nodes;
  nodes.primary->shared().frozen = true;
  auto client = nodes.replica->connect();
  client.send(post);
  ASSERT_TRUE(eventually([&] { return nodes.primary->refused() > 0; }));
  nodes.replica->shared().frozen = true;
  nodes.replica->workers().post_wake();
  auto const answer = answer_of(client);
  EXPECT_EQ(line_of(answer, "litefs-not-executed"), "maintenance");
  EXPECT_EQ(nodes.app1.received(), "");
}

}  // namespace
}  // namespace litefs::proxy::test
