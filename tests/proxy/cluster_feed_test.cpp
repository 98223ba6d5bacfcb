// The cluster as server-sent events: one question for all who look, and none when nobody does.
#include "litefs/proxy/cluster_feed.hpp"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "control_thread.hpp"

namespace litefs::proxy {
namespace {

namespace asio = boost::asio;

struct fed {
  control_thread control;
  int asked = 0;
  cluster_feed feed{control.context, [this]() -> asio::awaitable<own_response> {
                      ++asked;
                      co_return json_answer(200, {{"number", asked}});
                    }};

  ~fed() {
    feed.stop();
    control.context.restart();
    control.context.run_for(std::chrono::seconds(1));
  }
};

asio::awaitable<void> two_look(fed& f) {
  auto first = f.feed.join();
  EXPECT_EQ(first.head.content_type, "text/event-stream");
  EXPECT_EQ(co_await first.more->next(), "retry: 1000\ndata: {\"number\":1}\n\n");
  auto second = f.feed.join();
  EXPECT_EQ(co_await second.more->next(), "retry: 1000\ndata: {\"number\":1}\n\n") << "at once";
  EXPECT_EQ(co_await first.more->next(), co_await second.more->next());
  EXPECT_EQ(f.asked, 2);
}

TEST(cluster_feed, however_many_look_it_asks_once) {
  fed f;
  f.control.run(two_look(f));
}

asio::awaitable<void> nobody_looks(fed& f) {
  {
    auto only = f.feed.join();
    co_await only.more->next();
  }
  condition::predicate never = [] { return false; };
  co_await f.control.changed.wait(in_ms(1'200), never);
  EXPECT_EQ(f.asked, 1);
  auto later = f.feed.join();
  EXPECT_EQ(co_await later.more->next(), "retry: 1000\ndata: {\"number\":2}\n\n") << "nothing old";
}

TEST(cluster_feed, asks_nothing_while_nobody_looks) {
  fed f;
  f.control.run(nobody_looks(f));
}

TEST(cluster_feed, has_a_bound_and_gives_places_back) {
  fed f;
  std::vector<door_answer> viewers;
  for (std::size_t n = 0; n < cluster_feed::viewers_max; ++n) viewers.push_back(f.feed.join());
  EXPECT_EQ(viewers.back().head.status, 200);
  EXPECT_EQ(f.feed.join().head.status, 503);
  viewers.pop_back();
  EXPECT_EQ(f.feed.join().head.status, 200);
}

asio::awaitable<void> stopped(fed& f) {
  auto viewer = f.feed.join();
  f.feed.stop();
  EXPECT_EQ(co_await viewer.more->next(), std::nullopt);
}

TEST(cluster_feed, lets_its_viewers_go_when_the_node_stops) {
  fed f;
  f.control.run(stopped(f));
}

}  // namespace
}  // namespace litefs::proxy
