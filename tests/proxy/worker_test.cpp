// What a drain does to requests that wait for something.
#include <gtest/gtest.h>

#include "two_nodes.hpp"

namespace litefs::proxy::test {
namespace {

TEST(worker, a_drain_refuses_held_requests_at_once) {
  scripted_upstream app{std::string(ok)};
  auto config = node_config("n1", app.port());
  config.primary_redirect_timeout = milliseconds(60'000);
  front_door door(std::move(config), state_of(role::unknown));
  auto client = door.connect();
  client.send(post);
  ASSERT_TRUE(eventually([&] { return door.counted(&thread_counts::holds) > 0; }));
  door.workers().drain();
  auto const answer = client.receive_until([](auto b) { return message_size(b) > 0; });
  EXPECT_EQ(status_of(answer), 503) << answer;
  EXPECT_EQ(line_of(answer, "litefs-not-executed"), "no-primary");
  EXPECT_EQ(app.received(), "");
}

}  // namespace
}  // namespace litefs::proxy::test
