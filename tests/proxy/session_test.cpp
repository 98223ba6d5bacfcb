// The life of a client's connection: pipelining, interim answers, upgrades, limits, queue, drain.
#include <gtest/gtest.h>

#include "front_door.hpp"
#include "scripted_upstream.hpp"

namespace litefs::proxy::test {
namespace {

constexpr std::string_view ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
constexpr std::string_view get = "GET /g HTTP/1.1\r\nHost: h\r\n\r\n";

bool one_message(std::string_view b) { return message_size(b) > 0; }

std::size_t count(std::string_view text, std::string_view what) {
  std::size_t n = 0;
  for (auto at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

TEST(session, pipelined_requests_are_answered_in_order_up_to_the_bad_one) {
  scripted_upstream upstream{std::string(ok)};
  front_door door(single_config(upstream.port()));
  auto client = door.connect();
  client.send(std::string(get) + std::string(get) + "GET /bad HTTP/1.1\r\n\r\n" + std::string(get));
  auto const all = client.receive_all();
  EXPECT_EQ(count(all, "HTTP/1.1 200"), 2U);
  EXPECT_EQ(count(all, "HTTP/1.1 400"), 1U);
  EXPECT_LT(all.rfind("HTTP/1.1 200"), all.find("HTTP/1.1 400"));
  EXPECT_EQ(count(upstream.received(), "GET "), 2U);
}

TEST(session, nothing_after_connection_close_is_processed) {
  scripted_upstream upstream{std::string(ok)};
  front_door door(single_config(upstream.port()));
  auto client = door.connect();
  client.send("GET /g HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n" + std::string(get));
  EXPECT_EQ(count(client.receive_all(), "HTTP/1.1 200"), 1U);
  EXPECT_EQ(count(upstream.received(), "GET "), 1U);
}

TEST(session, a_client_that_waits_for_100_gets_it_and_then_the_answer) {
  scripted_upstream upstream{std::string(ok)};
  front_door door(single_config(upstream.port()));
  for (std::string const framing :
       {"Content-Length: 5\r\n", "Content-Length: 100000\r\n", "Transfer-Encoding: chunked\r\n"}) {
    SCOPED_TRACE(framing);
    auto client = door.connect();
    client.send("POST /p HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n" + framing + "\r\n");
    EXPECT_EQ(client.receive_until(one_message), "HTTP/1.1 100 Continue\r\n\r\n");
    client.send(framing.starts_with("T") ? "2\r\nhi\r\n0\r\n\r\n"
                                         : std::string(std::stoul(framing.substr(16)), 'x'));
    EXPECT_EQ(status_of(client.receive_until(one_message)), 200);
  }
}

TEST(session, an_early_answer_is_relayed_and_both_connections_close) {
  scripted_upstream upstream([](raw_socket& s, scripted_upstream&) {
    s.receive_until([](std::string_view b) { return b.find("\r\n\r\n") != std::string_view::npos; });
    s.send("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n");
    s.receive_all();
  });
  front_door door(single_config(upstream.port()));
  auto client = door.connect();
  client.send("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\nsome");
  auto const answer = client.receive_until(one_message);
  EXPECT_EQ(status_of(answer), 413);
  EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos);
}

TEST(session, after_a_101_bytes_pass_both_ways) {
  scripted_upstream upstream([](raw_socket& s, scripted_upstream& self) {
    if (self.next_request(s).empty()) return;
    s.send("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nhello");
    for (auto piece = s.receive(); !piece.empty(); piece = s.receive()) s.send(piece);
  });
  front_door door(single_config(upstream.port()));
  auto client = door.connect();
  client.send("GET /ws HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nearly");
  auto const ends_with = [](std::string_view end) {
    return [end](std::string_view b) { return b.ends_with(end); };
  };
  auto const head = client.receive_until(ends_with("helloearly"));
  EXPECT_EQ(status_of(head), 101);
  EXPECT_TRUE(head.ends_with("\r\n\r\nhelloearly")) << head;
  client.send(std::string("\0\xff", 2));
  EXPECT_EQ(client.receive_until(ends_with("\xff")), std::string("\0\xff", 2));
  client.half_close();
  EXPECT_EQ(client.receive(), "");
}

TEST(session, no_tunnel_without_a_101) {
  scripted_upstream upstream{std::string(ok)};
  front_door door(single_config(upstream.port()));
  auto client = door.connect();
  client.send("GET /ws HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n" +
              std::string(get));
  auto const both = client.receive_until([](auto b) { return count(b, "\r\n\r\nok") == 2; });
  EXPECT_EQ(count(both, "HTTP/1.1 200"), 2U);
}

TEST(session, beyond_the_connection_limit_a_client_gets_a_503) {
  scripted_upstream upstream{std::string(ok)};
  auto config = single_config(upstream.port());
  config.limits.connections = 1;
  front_door door(std::move(config));
  auto first = door.connect();
  first.send(get);
  EXPECT_EQ(status_of(first.receive_until(one_message)), 200);
  EXPECT_EQ(status_of(door.connect().receive_all()), 503);
  first.close();
  EXPECT_TRUE(eventually([&] { return status_of(door.ask(get)) == 200; }));
}

TEST(session, the_target_gate_queues_and_refuses_beyond_its_bound) {
  std::atomic<bool> go{false};
  scripted_upstream upstream([&](raw_socket& s, scripted_upstream& self) {
    while (!self.next_request(s).empty()) {
      eventually([&] { return go.load(); });
      s.send(ok);
    }
  });
  auto config = single_config(upstream.port());
  config.limits.target_connections = 1;
  config.limits.target_queue = 1;
  config.threads = 2;
  front_door door(std::move(config));
  auto a = door.connect();
  a.send(get);
  ASSERT_TRUE(eventually([&] { return upstream.connections() == 1; }));
  auto b = door.connect();
  b.send(get);
  ASSERT_TRUE(eventually([&] { return door.counted(&thread_counts::received) == 2; }));
  std::string refused;
  ASSERT_TRUE(eventually([&] { return status_of(refused = door.ask(get)) == 503; }));
  EXPECT_NE(refused.find("litefs-not-executed: target-busy\r\n"), std::string::npos);
  go = true;
  EXPECT_EQ(status_of(a.receive_until(one_message)), 200);
  EXPECT_EQ(status_of(b.receive_until(one_message)), 200);
}

TEST(session, a_drain_closes_idle_connections_and_lets_busy_ones_finish) {
  std::atomic<bool> go{false};
  scripted_upstream upstream([&](raw_socket& s, scripted_upstream& self) {
    while (!self.next_request(s).empty()) {
      eventually([&] { return go.load(); });
      s.send(ok);
    }
  });
  front_door door(single_config(upstream.port()));
  go = true;
  auto idle = door.connect();
  idle.send(get);
  EXPECT_EQ(status_of(idle.receive_until(one_message)), 200);
  go = false;
  auto busy = door.connect();
  busy.send(get);
  ASSERT_TRUE(eventually([&] { return door.counted(&thread_counts::received) == 2; }));
  door.workers().stop_accepting();
  door.workers().drain();
  EXPECT_EQ(idle.receive(), "");
  go = true;
  auto const last = busy.receive_until(one_message);
  EXPECT_EQ(status_of(last), 200);
  EXPECT_NE(last.find("Connection: close\r\n"), std::string::npos);
  EXPECT_TRUE(eventually([&] { return door.workers().connections() == 0; }));
}

}  // namespace
}  // namespace litefs::proxy::test
