// Several messages on one connection: in which order, until when, and what is never used again.
#include <algorithm>
#include <atomic>

#include "byte_rows.hpp"

namespace litefs::proxy::test {
namespace {

std::string const get = get_with("");
std::string const last = "0\r\n\r\n";

struct row {
  std::string_view name;
  std::string input;
  std::vector<int> statuses;  // all of them; then the connection ends
  std::size_t asked;          // requests that reached the target
};

std::vector<int> statuses_of(std::string_view bytes) {
  std::vector<int> all;
  for (auto at = bytes.find("HTTP/1.1 "); at != std::string_view::npos; at = bytes.find("HTTP/1.1 ", at + 1))
    all.push_back(status_of(bytes.substr(at)));
  return all;
}

std::size_t requests_in(std::string_view received) {
  std::size_t n = 0;
  for (auto at = received.find(" HTTP/1.1\r\n"); at != std::string_view::npos;
       at = received.find(" HTTP/1.1\r\n", at + 1))
    ++n;
  return n;
}

std::vector<row> rows() {
  std::string const closing = get_with("Connection: close\r\n");
  std::string const upload = post_with("Transfer-Encoding: chunked\r\n", "2\r\nhi\r\n" + last);
  return {
      {"one after the other", get + get + closing, {200, 200, 200}, 3},
      {"bodies between", upload + post_with("Content-Length: 2\r\n", "hi") + closing, {200, 200, 200}, 3},
      {"a bad one in the middle", get + get + "GET /bad HTTP/1.1\r\n\r\n" + get, {200, 200, 400}, 2},
      {"a bad method in the middle", get + "FOO / HTTP/1.1\r\nHost: h\r\n\r\n" + get, {200, 501}, 1},
      {"nothing after connection: close", closing + get, {200}, 1},
      {"close in a list", get_with("Connection: keep-alive, Close\r\n") + get, {200}, 1},
      {"nothing after a request of 1.0", "GET /g HTTP/1.0\r\nHost: h\r\n\r\n" + get, {200}, 1},
      {"a 100 for who expects it",
       post_with("Expect: 100-continue\r\nConnection: close\r\nContent-Length: 2\r\n"),
       {100, 200},
       1},
      {"a 100 that nobody can wait for",
       post_with("Expect: 100-continue\r\nConnection: close\r\nContent-Length: 0\r\n"),
       {200},
       1},
      {"a 100 without a body", get_with("Expect: 100-continue\r\nConnection: close\r\n"), {200}, 1},
      {"no 100 in 1.0",
       "POST /p HTTP/1.0\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi",
       {200},
       1},
      {"another protocol is none",
       get_with("Connection: upgrade\r\nUpgrade: h2c\r\n") + closing,
       {200, 200},
       2},
      // At the end, since its head may reach the target when it was answered already.
      {"nothing after a bad chunk", post_with("Transfer-Encoding: chunked\r\n", "x\r\n") + get, {400}, 1},
  };
}

TEST(connection_bytes, requests_are_answered_in_order_until_one_is_the_last) {
  scripted_upstream upstream{std::string(ok_answer)};
  front_door door(single_config(upstream.port()));
  each_split(rows(), &row::input, [&](row const& r, std::size_t split) {
    upstream.forget();
    auto client = door.connect();
    client.send(std::string_view(r.input).substr(0, split));
    if (split > 0) static_cast<void>(client.wait_consumed());
    client.send(std::string_view(r.input).substr(split));
    if (r.statuses.front() == 100) {
      client.push_back(client.receive());
      client.send("hi");
    }
    ASSERT_EQ(statuses_of(client.receive_until([](auto) { return false; })), r.statuses);
    ASSERT_FALSE(client.timed_out);
    if (r.statuses.back() != 400 || r.asked > 1) {
      ASSERT_EQ(requests_in(upstream.received()), r.asked);
    }
  });
}

// Neither the client's connection nor the target's is used again: what is unread of the body is no request.
TEST(connection_bytes, an_early_answer_ends_both_connections) {
  for (std::string const framing : {"Content-Length: 1000000\r\n", "Transfer-Encoding: chunked\r\n",
                                    "Expect: 100-continue\r\nContent-Length: 1000000\r\n"}) {
    SCOPED_TRACE(framing);
    std::atomic<bool> ended{false};
    scripted_upstream upstream([&](raw_socket& s, scripted_upstream&) {
      s.receive_until([](std::string_view b) { return b.find("\r\n\r\n") != std::string_view::npos; });
      s.send("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n");
      s.receive_all();
      ended = !s.timed_out;
    });
    front_door door(single_config(upstream.port()));
    auto client = door.connect();
    client.send(post_with(framing));
    std::string answer;
    while (answer.find(" 413 ") == std::string::npos && !client.timed_out) answer += client.receive();
    client.send(get);
    answer += client.receive_all();
    auto const statuses = statuses_of(answer);
    EXPECT_EQ(statuses.back(), 413);
    EXPECT_EQ(std::count(statuses.begin(), statuses.end(), 413), 1);
    EXPECT_FALSE(client.timed_out);
    EXPECT_TRUE(eventually([&] { return ended.load(); }));
    EXPECT_EQ(upstream.connections(), 1U);
  }
}

TEST(connection_bytes, a_connection_to_the_target_is_kept_only_after_a_clean_answer) {
  struct answer {
    std::string_view name;
    std::string_view bytes;
    bool kept;
  };
  for (auto const& [name, bytes, kept] :
       {answer{"length", ok_answer, true},
        answer{"chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", true},
        answer{"close", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", false},
        answer{"1.0", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", false},
        answer{"surplus", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokX", false},
        answer{"204 with a body", "HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nok", false},
        answer{"304 without a word of a body", "HTTP/1.1 304 Not Modified\r\n\r\n", true},
        answer{"304 with a length", "HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n", false},
        answer{"bad", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", false}}) {
    SCOPED_TRACE(name);
    scripted_upstream upstream{std::string(bytes)};
    auto config = single_config(upstream.port());
    config.timeouts.target_idle = milliseconds(60'000);
    front_door door(std::move(config));
    for (int i = 0; i < 3; ++i) {
      auto client = door.connect();
      client.send(get);
      auto const answer =
          client.receive_until([](auto b) { return b.find("\r\n\r\n") != std::string::npos; });
      EXPECT_NE(status_of(answer), 0);
    }
    EXPECT_EQ(upstream.connections(), kept ? 1U : 3U);
  }
}

TEST(connection_bytes, a_101_for_another_protocol_is_a_502) {
  scripted_upstream upstream(
      "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: other\r\n\r\n");
  front_door door(single_config(upstream.port()));
  EXPECT_EQ(status_of(door.ask(get_with("Connection: upgrade\r\nUpgrade: websocket\r\n"))), 502);
}

}  // namespace
}  // namespace litefs::proxy::test
