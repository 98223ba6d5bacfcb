// Reads of clients that have seen more than this replica: they wait for the position, then ask the primary,
// then get what there is, marked.
#include <gtest/gtest.h>

#include "two_nodes.hpp"

namespace litefs::proxy::test {
namespace {

auto with_read_wait(milliseconds wait) {
  return [wait](proxy_config& c) { c.read_wait = wait; };
}

TEST(waiting_read, goes_on_when_the_transaction_arrives) {
  two_nodes nodes(std::string(ok), with_read_wait(patience));
  auto client = nodes.replica->connect();
  client.send(get_with_cookie(at(11)));
  ASSERT_TRUE(eventually([&] { return nodes.replica->counted(&thread_counts::position_waits) == 1; }));
  auto const begun = std::chrono::steady_clock::now();
  nodes.replica->become(state_at(10, role::replica, "n1"), tx_event{database, at(10)});
  nodes.replica->become(state_at(11, role::replica, "n1"), tx_event{database, at(11)});
  auto const answer = answer_of(client);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, patience / 2);
  EXPECT_EQ(status_of(answer), 200);
  EXPECT_EQ(line_of(answer, "litefs-stale"), "");
  EXPECT_EQ(count(nodes.app2.received(), "GET /g"), 1U);
  EXPECT_EQ(nodes.app1.received(), "");
}

TEST(waiting_read, is_not_answered_before) {
  two_nodes nodes(std::string(ok), with_read_wait(patience));
  auto client = nodes.replica->connect();
  client.send(get_with_cookie(at(11)));
  ASSERT_TRUE(eventually([&] { return nodes.replica->counted(&thread_counts::position_waits) == 1; }));
  nodes.replica->become(state_at(10, role::replica, "n1"), tx_event{database, at(10)});
  // The worker has taken the news when it answers another client.
  EXPECT_EQ(status_of(nodes.replica->ask(get_with_cookie(at(10)))), 200);
  EXPECT_EQ(client.receive(milliseconds(0)), "");
  EXPECT_EQ(count(nodes.app2.received(), "GET /g"), 1U);
}

// In one cookie.
TEST(waiting_read, of_two_databases_waits_for_both) {
  two_nodes nodes(std::string(ok), with_read_wait(patience));
  auto const state = [](std::uint64_t first, std::uint64_t second) {
    auto s = state_at(first, role::replica, "n1");
    s.positions.push_back({"other", at(second)});
    return s;
  };
  demands const wanted{{database_id(database), at(11)}, {database_id("other"), at(5)}};
  nodes.replica->become(state(9, 4));
  auto client = nodes.replica->connect();
  client.send("GET /g HTTP/1.1\r\nHost: h\r\nCookie: litefs-position=" + format_demands(wanted) + "\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return nodes.replica->counted(&thread_counts::position_waits) == 1; }));
  nodes.replica->become(state(11, 4), tx_event{database, at(11)});
  EXPECT_EQ(status_of(nodes.replica->ask(get_with_cookie(at(11)))), 200);
  EXPECT_EQ(client.receive(milliseconds(0)), "") << "only one of them is here";
  nodes.replica->become(state(11, 5), tx_event{"other", at(5)});
  EXPECT_EQ(status_of(answer_of(client)), 200);
  EXPECT_EQ(nodes.app1.received(), "");
}

// Another primary does not make the position come later: the rest of the time is still waited for.
TEST(waiting_read, waits_on_when_the_primary_changes) {
  two_nodes nodes(std::string(ok), with_read_wait(patience));
  auto client = nodes.replica->connect();
  client.send(get_with_cookie(at(11)));
  ASSERT_TRUE(eventually([&] { return nodes.replica->counted(&thread_counts::position_waits) == 1; }));
  nodes.replica->become(state_at(9, role::replica, "n3"));
  ASSERT_TRUE(eventually([&] { return nodes.replica->counted(&thread_counts::position_waits) == 2; }));
  nodes.replica->become(state_at(11, role::replica, "n3"), tx_event{database, at(11)});
  EXPECT_EQ(status_of(answer_of(client)), 200);
  EXPECT_EQ(count(nodes.app2.received(), "GET /g"), 1U);
}

TEST(waiting_read, is_made_at_the_primary_when_the_wait_is_used_up) {
  two_nodes nodes(std::string(ok), with_read_wait(milliseconds(50)));
  auto const answer = nodes.replica->ask(get_with_cookie(at(11)));
  EXPECT_EQ(status_of(answer), 200);
  EXPECT_EQ(line_of(answer, "litefs-stale"), "");
  EXPECT_EQ(count(nodes.app1.received(), "GET /g"), 1U);
  EXPECT_EQ(nodes.app2.received(), "");
}

TEST(waiting_read, beyond_the_bound_is_made_at_the_primary_at_once) {
  two_nodes nodes(std::string(ok), [](proxy_config& c) {
    c.read_wait = patience;
    c.limits.waiting = 0;
  });
  EXPECT_EQ(status_of(nodes.replica->ask(get_with_cookie(at(11)))), 200);
  EXPECT_EQ(count(nodes.app1.received(), "GET /g"), 1U);
}

// Before the first resync, or right after the database was created at the primary.
TEST(waiting_read, without_the_database_is_made_at_the_primary_at_once) {
  for (std::string const configured : {database, "dropped"}) {
    SCOPED_TRACE(configured);
    two_nodes nodes(std::string(ok), [&](proxy_config& c) {
      c.read_wait = patience;
      c.databases = {configured};
    });
    nodes.replica->become(state_of(role::replica, "n1"));
    auto const answer = nodes.replica->ask(get_with_cookie(at(9)));
    EXPECT_EQ(status_of(answer), 200);
    EXPECT_EQ(line_of(answer, "litefs-stale"), "");
    EXPECT_EQ(count(nodes.app1.received(), "GET /g"), configured == database ? 1U : 0U);
    EXPECT_EQ(nodes.replica->counted(&thread_counts::position_waits), 0U);
  }
}

// Lag alone sends nobody elsewhere.
TEST(waiting_read, of_a_lagging_replica_is_made_here_and_marked_with_the_lag) {
  two_nodes nodes;
  auto state = state_at(9, role::replica, "n1");
  for (auto const lag : {milliseconds(10'000), milliseconds(12'345)}) {
    state.lag = lag;
    nodes.replica->become(state);
    EXPECT_EQ(line_of(nodes.replica->ask(get), "litefs-stale"), lag.count() == 12'345 ? "12345" : "");
  }
  EXPECT_EQ(count(nodes.app2.received(), "GET /g"), 2U);
}

// A replica whose primary's proxy refuses connections.
struct lonely_replica {
  explicit lonely_replica(bool stale_reads) : app{std::string(ok)} {
    auto c = node_config("n2", app.port());
    c.primary_urls = {{"n1", local_url(nobody.port())}};
    c.read_wait = milliseconds(50);
    c.stale_reads = stale_reads;
    door = std::make_unique<front_door>(std::move(c), state_at(9, role::replica, "n1"));
  }
  reserved_port nobody;
  scripted_upstream app;
  std::unique_ptr<front_door> door;
};

TEST(waiting_read, is_made_here_and_marked_when_the_primary_cannot_be_reached) {
  lonely_replica node(true);
  auto const answer = node.door->ask(get_with_cookie(at(11)));
  EXPECT_EQ(status_of(answer), 200);
  EXPECT_NE(line_of(answer, "litefs-stale"), "");
  EXPECT_EQ(line_of(answer, "Set-Cookie"), "") << "the client's position went back";
  EXPECT_EQ(count(node.app.received(), "GET /g"), 1U);
}

TEST(waiting_read, is_refused_where_stale_reads_are) {
  lonely_replica node(false);
  auto const answer = node.door->ask(get_with_cookie(at(11)));
  EXPECT_EQ(status_of(answer), 503);
  EXPECT_NE(line_of(answer, "litefs-not-executed"), "");
  EXPECT_EQ(node.app.received(), "");
}

// It may be old here, but it does not hang there.
TEST(waiting_read, is_made_here_when_the_primary_takes_it_and_says_nothing) {
  scripted_upstream hanging([](raw_socket& s, scripted_upstream&) { s.receive_all(); });
  scripted_upstream app{std::string(ok)};
  auto c = node_config("n2", app.port());
  c.primary_urls = {{"n1", local_url(hanging.port())}};
  c.read_wait = milliseconds(50);
  front_door door(std::move(c), state_at(9, role::replica, "n1"));
  for (auto const& seen : {at(11), position{{9}, 1}}) {
    auto const answer = door.ask(get_with_cookie(seen));
    EXPECT_EQ(status_of(answer), 200);
    EXPECT_NE(line_of(answer, "litefs-stale"), "");
  }
  EXPECT_EQ(count(app.received(), "GET /g"), 2U);
}

TEST(waiting_read, is_made_here_when_the_primary_goes_on_refusing) {
  for (bool const stale_reads : {true, false}) {
    SCOPED_TRACE(stale_reads);
    two_nodes nodes(std::string(ok), [&](proxy_config& c) {
      c.read_wait = milliseconds(50);
      c.stale_reads = stale_reads;
    });
    nodes.primary->become(state_of(role::replica, "n2"));
    auto const answer = nodes.replica->ask(get_with_cookie(at(11)));
    EXPECT_EQ(status_of(answer), stale_reads ? 200 : 503);
    EXPECT_EQ(line_of(answer, "litefs-stale").empty(), !stale_reads);
    EXPECT_EQ(count(nodes.app2.received(), "GET /g"), stale_reads ? 1U : 0U);
  }
}

}  // namespace
}  // namespace litefs::proxy::test
