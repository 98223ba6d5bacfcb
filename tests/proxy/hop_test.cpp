// Two nodes: what a replica's proxy forwards, holds, retries and refuses, and what the primary's believes.
#include <gtest/gtest.h>

#include "two_nodes.hpp"

namespace litefs::proxy::test {
namespace {

TEST(hop, a_write_runs_at_the_primary_once) {
  two_nodes nodes;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(status_of(nodes.replica->ask(post)), 200);
  auto const got = nodes.app1.received();
  EXPECT_TRUE(got.ends_with("\r\n\r\nhello")) << got;
  EXPECT_EQ(got.find("litefs-hop"), std::string::npos);
  EXPECT_NE(got.find("X-Forwarded-For: 127.0.0.1, 127.0.0.1\r\n"), std::string::npos) << got;
  EXPECT_EQ(nodes.app2.received(), "");
}

TEST(hop, a_read_runs_locally) {
  two_nodes nodes;
  EXPECT_EQ(status_of(nodes.replica->ask(get)), 200);
  EXPECT_EQ(nodes.app1.received(), "");
}

TEST(hop, a_large_body_is_streamed_after_the_checks) {
  two_nodes nodes;
  std::string const body(300'000, 'x');
  auto const request = "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 300000\r\n\r\n" + body;
  EXPECT_EQ(status_of(nodes.replica->ask(request)), 200);
  EXPECT_TRUE(nodes.app1.received().ends_with(body));
}

TEST(hop, another_secret_is_refused_and_nothing_runs) {
  two_nodes nodes(std::string(ok), [](proxy_config& c) {
    if (c.litefs->hostname == "n2") c.secrets = {"fedcba9876543210"};
  });
  auto const answer = nodes.replica->ask(post);
  EXPECT_EQ(status_of(answer), 503);
  EXPECT_EQ(nodes.app1.received(), "");
}

TEST(hop, a_cookie_tells_what_was_written) {
  two_nodes nodes(
      "HTTP/1.1 201 Created\r\nlitefs-committed: db=000000000000000a/00000000000000ff\r\nContent-Length: "
      "0\r\n\r\n");
  auto const answer = nodes.replica->ask(post);
  EXPECT_EQ(status_of(answer), 201);
  EXPECT_NE(line_of(answer, "litefs-position").find("-000000000000000a-00000000000000ff"), std::string::npos)
      << answer;
  EXPECT_NE(line_of(answer, "Set-Cookie").find("litefs-position=1."), std::string::npos) << answer;
  EXPECT_EQ(line_of(answer, "litefs-committed"), "");
  EXPECT_EQ(line_of(answer, "Cache-Control"), "private");
}

TEST(hop, a_read_that_wants_to_write_runs_again_at_the_primary) {
  two_nodes nodes;
  scripted_upstream refusing("HTTP/1.1 500 No\r\nlitefs-replay: primary\r\nContent-Length: 2\r\n\r\nno");
  auto c = node_config("n3", refusing.port());
  c.primary_urls = {{"n1", local_url(nodes.primary->port())}};
  front_door door(std::move(c), state_of(role::replica, "n1"));
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(door.ask(get).ends_with("ok"));
  EXPECT_NE(nodes.app1.received().find("litefs-proxied: 1;begin=immediate\r\n"), std::string::npos);
  EXPECT_EQ(refusing.received().find("GET", 5), std::string::npos) << "the route was not remembered";
}

TEST(hop, a_read_that_lost_its_mount_runs_again_once) {
  two_nodes nodes;
  int asked = 0;
  scripted_upstream losing([&](raw_socket& s, scripted_upstream& self) {
    for (auto got = self.next_request(s); !got.empty(); got = self.next_request(s))
      s.send(++asked == 1 ? "HTTP/1.1 503 No\r\nlitefs-replay: once\r\nContent-Length: 0\r\n\r\n"
                          : "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhere");
  });
  auto c = node_config("n3", losing.port());
  c.primary_urls = {{"n1", local_url(nodes.primary->port())}};
  front_door door(std::move(c), state_of(role::replica, "n1"));
  EXPECT_TRUE(door.ask(get).ends_with("ok"));
  EXPECT_TRUE(door.ask(get).ends_with("here")) << "the route was remembered";
}

TEST(hop, without_a_primary_a_write_is_held_and_then_provably_refused) {
  two_nodes nodes;
  nodes.replica->become(state_of(role::unknown));
  auto const begun = std::chrono::steady_clock::now();
  auto const answer = nodes.replica->ask(post);
  EXPECT_GE(std::chrono::steady_clock::now() - begun, milliseconds(1900));
  EXPECT_EQ(status_of(answer), 503);
  EXPECT_NE(line_of(answer, "litefs-not-executed"), "");
  EXPECT_NE(line_of(answer, "Retry-After"), "");
  EXPECT_EQ(nodes.app1.received() + nodes.app2.received(), "");
}

TEST(hop, a_held_write_goes_on_when_a_primary_appears) {
  two_nodes nodes;
  nodes.replica->become(state_of(role::unknown));
  auto client = nodes.replica->connect();
  client.send(post);
  ASSERT_TRUE(eventually([&] { return nodes.replica->counted(&thread_counts::holds) > 0; }));
  nodes.replica->become(state_of(role::replica, "n1"));
  EXPECT_EQ(status_of(client.receive_until([](auto b) { return message_size(b) > 0; })), 200);
}

TEST(hop, a_node_that_is_no_primary_refuses_and_the_sender_asks_again) {
  two_nodes nodes;
  nodes.primary->become(state_of(role::replica, "n2"));
  auto client = nodes.replica->connect();
  client.send(post);
  ASSERT_TRUE(eventually([&] { return nodes.primary->refused() > 1; }));
  nodes.primary->become(state_of(role::primary));
  EXPECT_EQ(status_of(client.receive_until([](auto b) { return message_size(b) > 0; })), 200);
  EXPECT_EQ(nodes.app1.received().find("POST", 4), std::string::npos) << "executed twice";
}

TEST(hop, a_client_that_leaves_while_held_is_dropped) {
  two_nodes nodes(std::string(ok), [](proxy_config& c) { c.primary_redirect_timeout = 2 * patience; });
  nodes.replica->become(state_of(role::unknown));
  auto client = nodes.replica->connect();
  client.send(post);
  ASSERT_TRUE(eventually([&] { return nodes.replica->counted(&thread_counts::holds) > 0; }));
  client.reset();
  EXPECT_TRUE(eventually([&] { return nodes.replica->workers().connections() == 0; }));
  nodes.replica->become(state_of(role::replica, "n1"));
  EXPECT_EQ(status_of(nodes.replica->ask(get)), 200);
  EXPECT_EQ(nodes.app1.received(), "");
}

}  // namespace
}  // namespace litefs::proxy::test
