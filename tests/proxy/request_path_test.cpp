// Where requests wait, go on, run again or end: handoffs, bounds, a target that is down, a dead mount.
#include "litefs/proxy/request_path.hpp"

#include <gtest/gtest.h>

#include "two_nodes.hpp"

namespace litefs::proxy::test {
namespace {

bool holds(front_door& door, std::uint64_t requests = 1) {
  return eventually([&] { return door.counted(&thread_counts::holds) >= requests; });
}

// Several turns of the only worker: whatever it could do with earlier requests is done.
void let_it_settle(front_door& door) {
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(status_of(door.ask("GET /litefs/live HTTP/1.1\r\nHost: h\r\n\r\n")), 200);
}

TEST(handoff_hold, holds_writes_at_the_primary_and_lets_reads_pass) {
  two_nodes nodes;
  nodes.primary->workers().post_hold(true);
  auto client = nodes.primary->connect();
  client.send(post);
  ASSERT_TRUE(holds(*nodes.primary));
  EXPECT_EQ(status_of(nodes.primary->ask(get)), 200);
  EXPECT_EQ(count(nodes.app1.received(), "POST"), 0U);
  nodes.primary->workers().post_hold(false);
  EXPECT_EQ(status_of(answer_of(client)), 200);
  EXPECT_EQ(count(nodes.app1.received(), "POST"), 1U);
}

TEST(handoff_hold, ends_at_the_new_primary_for_a_client_of_the_old_one) {
  two_nodes nodes;
  nodes.primary->workers().post_hold(true);
  auto client = nodes.primary->connect();
  client.send(post);
  ASSERT_TRUE(holds(*nodes.primary));
  nodes.replica->become(state_at(9, role::primary));
  nodes.primary->become(state_at(9, role::replica, "n2"));
  nodes.primary->workers().post_hold(false);
  EXPECT_EQ(status_of(answer_of(client)), 200);
  EXPECT_EQ(nodes.app1.received(), "");
  EXPECT_EQ(count(nodes.app2.received(), "POST"), 1U);
}

TEST(handoff_hold, ends_at_the_new_primary_for_a_client_of_that_one) {
  two_nodes nodes;
  nodes.primary->workers().post_hold(true);
  auto client = nodes.replica->connect();
  client.send(post);
  ASSERT_TRUE(holds(*nodes.primary)) << "the hop was not held";
  nodes.primary->become(state_at(9, role::replica, "n2"));
  ASSERT_TRUE(eventually([&] { return nodes.primary->refused() > 0; }));
  nodes.replica->become(state_at(9, role::primary));
  EXPECT_EQ(status_of(answer_of(client)), 200);
  EXPECT_EQ(nodes.app1.received(), "");
  EXPECT_EQ(count(nodes.app2.received(), "POST"), 1U);
}

TEST(handoff_hold, goes_on_for_a_hop_when_the_handoff_fails) {
  two_nodes nodes;
  nodes.primary->workers().post_hold(true);
  auto client = nodes.replica->connect();
  client.send(post);
  ASSERT_TRUE(holds(*nodes.primary));
  nodes.primary->workers().post_hold(false);
  EXPECT_EQ(status_of(answer_of(client)), 200);
  EXPECT_EQ(count(nodes.app1.received(), "POST"), 1U);
  EXPECT_EQ(nodes.app2.received(), "");
}

// A GET that is known to write is a write: the handoff waits for its end.
TEST(handoff_hold, waits_for_the_end_of_reads_that_write) {
  for (bool const by_hop : {false, true}) {
    SCOPED_TRACE(by_hop);
    std::atomic<int> second_runs{0};
    std::atomic<bool> finish{false};
    auto const writing = [&](raw_socket& s, scripted_upstream& self) {
      for (auto got = self.next_request(s); !got.empty(); got = self.next_request(s)) {
        bool const second = got.find("begin=immediate") != got.npos;
        if (second && ++second_runs == 2) eventually([&] { return finish.load(); });
        s.send(second ? ok : "HTTP/1.1 500 No\r\nlitefs-replay: primary\r\nContent-Length: 0\r\n\r\n");
      }
    };
    scripted_upstream app(writing);
    front_door primary(node_config("n1", app.port()), state_at(9, role::primary));
    auto c = node_config("n2", app.port());
    c.primary_urls = {{"n1", local_url(primary.port())}};
    front_door replica(std::move(c), state_at(9, role::replica, "n1"));
    auto& asked = by_hop ? replica : primary;
    EXPECT_EQ(status_of(asked.ask(get)), 200);  // from now on the route is remembered
    auto reader = asked.connect();
    reader.send(get);
    EXPECT_TRUE(eventually([&] { return second_runs == 2; }));
    primary.workers().post_hold(true);
    auto writer = primary.connect();
    writer.send(post);
    EXPECT_TRUE(holds(primary));
    EXPECT_FALSE(primary.workers().writes_ended());
    finish = true;
    EXPECT_EQ(status_of(answer_of(reader)), 200);
    EXPECT_TRUE(eventually([&] { return primary.workers().writes_ended(); }));
  }
}

TEST(handoff_hold, is_bounded) {
  two_nodes nodes(std::string(ok), [](proxy_config& c) { c.primary_redirect_timeout = milliseconds(200); });
  nodes.primary->workers().post_hold(true);
  auto const answer = nodes.primary->ask(post);
  EXPECT_EQ(status_of(answer), 503);
  EXPECT_EQ(line_of(answer, "litefs-not-executed"), "handoff");
  EXPECT_EQ(nodes.app1.received(), "");
}

TEST(request_path, the_number_of_held_requests_is_bounded) {
  two_nodes nodes(std::string(ok), [](proxy_config& c) {
    c.limits.held = 1;
    c.primary_redirect_timeout = patience;
  });
  nodes.replica->become(state_at(9, role::unknown));
  auto first = nodes.replica->connect();
  first.send(post);
  ASSERT_TRUE(holds(*nodes.replica));
  auto const begun = std::chrono::steady_clock::now();
  auto const refused = nodes.replica->ask(post);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, patience / 2);
  EXPECT_EQ(status_of(refused), 503);
  EXPECT_EQ(line_of(refused, "litefs-not-executed"), "no-primary");
  nodes.replica->become(state_at(9, role::replica, "n1"));
  EXPECT_EQ(status_of(answer_of(first)), 200);
  EXPECT_EQ(count(nodes.app1.received(), "POST"), 1U);
}

// Whoever pauses because nobody listens gives its place back: a second one pauses too, instead of being
// refused.
TEST(request_path, a_target_that_is_down_keeps_no_place_occupied) {
  reserved_port port;
  auto config = single_config(port.port());
  config.limits.target_connections = 1;
  config.limits.target_queue = 0;
  front_door door(std::move(config));
  auto first = door.connect();
  first.send(post);
  ASSERT_TRUE(eventually([&] { return door.counted(&thread_counts::received) == 1; }));
  let_it_settle(door);
  auto second = door.connect();
  second.send(post);
  ASSERT_TRUE(
      eventually([&] { return door.counted(&thread_counts::received) == 7; }));  // five were let_it_settle's
  let_it_settle(door);
  EXPECT_EQ(second.receive(milliseconds(0)), "");
  EXPECT_EQ(first.receive(milliseconds(0)), "");
}

TEST(request_path, an_app_that_is_down_holds_requests_until_it_is_up) {
  scripted_upstream app{std::string(ok)};
  front_door door(single_config(app.port()), state_of(role::single), [](node& n) { n.target_up = false; });
  auto client = door.connect();
  client.send(post);
  ASSERT_TRUE(holds(door));
  EXPECT_EQ(app.received(), "");
  door.shared().target_up = true;
  door.workers().post_wake();
  EXPECT_EQ(status_of(answer_of(client)), 200);
  EXPECT_EQ(count(app.received(), "POST"), 1U);
}

TEST(request_path, with_a_dead_mount_reads_go_to_the_primary) {
  two_nodes nodes;
  auto dead = state_at(9, role::replica, "n1");
  dead.mount_alive = false;
  nodes.replica->become(dead);
  EXPECT_EQ(status_of(nodes.replica->ask(get)), 200);
  EXPECT_EQ(count(nodes.app1.received(), "GET"), 1U);
  EXPECT_EQ(nodes.app2.received(), "");
}

TEST(request_path, with_a_dead_mount_and_no_primary_reads_are_held) {
  two_nodes nodes;
  auto dead = state_at(9, role::unknown);
  dead.mount_alive = false;
  nodes.replica->become(dead);
  auto client = nodes.replica->connect();
  client.send(get);
  ASSERT_TRUE(holds(*nodes.replica));
  nodes.replica->become(state_at(9, role::replica, "n1"));
  EXPECT_EQ(status_of(answer_of(client)), 200);
  EXPECT_EQ(count(nodes.app2.received(), "GET"), 1U);
}

// A path that can be read in two ways counts as one of them.
TEST(request_path, always_forward_sends_reads_to_the_primary) {
  two_nodes nodes(std::string(ok), [](proxy_config& c) { c.always_forward = {path_pattern("/admin/*")}; });
  for (std::string const path : {"/admin/x", "/static%2F..%2Fadmin"}) {
    SCOPED_TRACE(path);
    nodes.app1.forget();
    EXPECT_EQ(status_of(nodes.replica->ask("GET " + path + " HTTP/1.1\r\nHost: h\r\n\r\n")), 200);
    EXPECT_EQ(count(nodes.app1.received(), "GET " + path), 1U);
    EXPECT_EQ(nodes.app2.received(), "");
  }
  EXPECT_EQ(status_of(nodes.replica->ask(get)), 200);
  EXPECT_EQ(count(nodes.app2.received(), "GET /g"), 1U);
}

TEST(request_path, a_read_whose_connection_breaks_is_sent_once_more_and_an_upgrade_never) {
  std::string const upgrade =
      "GET /ws HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";
  for (auto const& [request, sent] :
       {std::pair{std::string(get), 2U}, {upgrade, 1U}, {std::string(post), 1U}}) {
    SCOPED_TRACE(request);
    scripted_upstream app([](raw_socket& s, scripted_upstream& self) { self.next_request(s); });
    front_door door(single_config(app.port()));
    EXPECT_EQ(status_of(door.ask(request)), 502);
    EXPECT_EQ(count(app.received(), " HTTP/1.1\r\n"), sent);
  }
}

TEST(request_path, a_read_that_wants_to_write_runs_again_at_the_primary_itself) {
  std::atomic<int> asked{0};
  scripted_upstream app([&](raw_socket& s, scripted_upstream& self) {
    while (!self.next_request(s).empty())
      s.send(++asked == 1 ? "HTTP/1.1 500 No\r\nlitefs-replay: primary\r\nContent-Length: 0\r\n\r\n" : ok);
  });
  front_door door(node_config("n1", app.port()), state_at(9, role::primary));
  EXPECT_EQ(status_of(door.ask(get)), 200);
  auto const seen = app.received();
  EXPECT_EQ(count(seen, "GET /g"), 2U);
  EXPECT_LT(seen.find("litefs-proxied: 1\r\n"), seen.find("litefs-proxied: 1;begin=immediate\r\n"));
}

}  // namespace
}  // namespace litefs::proxy::test
