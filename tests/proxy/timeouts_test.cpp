// Slow clients: each of them meets a bound.
#include <gtest/gtest.h>

#include "two_nodes.hpp"

namespace litefs::proxy::test {
namespace {

constexpr milliseconds soon{100};

// Sends one byte of `bytes` each few milliseconds until an answer comes or they are used up.
std::string drip(raw_socket& client, std::string_view bytes) {
  for (char const c : bytes) {
    if (!client.send({&c, 1})) break;
    auto const piece = client.receive(milliseconds(5));
    if (piece.empty() && client.timed_out) {
      client.timed_out = false;
      continue;
    }
    client.push_back(piece);
    break;
  }
  return answer_of(client);
}

TEST(timeouts, the_time_for_a_head_is_a_total) {
  scripted_upstream app{std::string(ok)};
  auto config = single_config(app.port());
  config.timeouts.header = soon;
  front_door door(std::move(config));
  auto client = door.connect();
  auto const answer = drip(client, "GET /g HTTP/1.1\r\nHost: h\r\nA: " + std::string(2000, 'x'));
  EXPECT_EQ(status_of(answer), 408);
  EXPECT_EQ(line_of(answer, "Connection"), "close");
  EXPECT_EQ(app.connections(), 0U);
}

TEST(timeouts, a_client_that_says_nothing_is_closed) {
  scripted_upstream app{std::string(ok)};
  auto config = single_config(app.port());
  config.timeouts.header = soon;
  config.timeouts.idle = soon;
  front_door door(std::move(config));
  auto silent = door.connect();
  EXPECT_EQ(silent.receive(), "");
  EXPECT_FALSE(silent.timed_out);
  auto idle = door.connect();
  idle.send(get);
  EXPECT_EQ(status_of(answer_of(idle)), 200);
  EXPECT_EQ(idle.receive(), "");
  EXPECT_FALSE(idle.timed_out);
}

// After a moment it gives its buffer back and waits without one; nobody may see that.
TEST(timeouts, a_connection_that_was_quiet_is_served_and_still_ends_at_its_time) {
  scripted_upstream app{std::string(ok)};
  auto config = single_config(app.port());
  config.timeouts.header = milliseconds(1'500);
  config.timeouts.idle = milliseconds(1'500);
  front_door door(std::move(config));
  auto client = door.connect();
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(client.receive(milliseconds(800)), "");  // beyond the moment, before the end
    EXPECT_TRUE(client.timed_out);
    client.timed_out = false;
    client.send(get);
    EXPECT_EQ(status_of(answer_of(client)), 200);
  }
  EXPECT_EQ(client.receive(), "");
  EXPECT_FALSE(client.timed_out);
}

// A small body is read before the app is asked; a large one is cut off so that the app never sees it whole.
TEST(timeouts, a_body_that_stops_arriving_is_a_408) {
  for (std::string const length : {"5", "1000000"}) {
    SCOPED_TRACE(length);
    std::atomic<bool> whole{false};
    scripted_upstream app(
        [&](raw_socket& s, scripted_upstream& self) { whole = !self.next_request(s).empty(); });
    auto config = single_config(app.port());
    config.timeouts.body_idle = soon;
    front_door door(std::move(config));
    auto client = door.connect();
    client.send("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: " + length + "\r\n\r\nhe");
    auto const answer = answer_of(client);
    EXPECT_EQ(status_of(answer), 408);
    EXPECT_EQ(line_of(answer, "Connection"), "close");
    EXPECT_EQ(app.connections(), length == "5" ? 0U : 1U);
    EXPECT_FALSE(whole);
  }
}

TEST(timeouts, an_app_that_does_not_answer_is_a_504_and_never_asked_again) {
  for (auto const request : {get, post}) {
    scripted_upstream app([](raw_socket& s, scripted_upstream& self) {
      self.next_request(s);
      s.receive();
    });
    auto config = single_config(app.port());
    config.timeouts.response = soon;
    front_door door(std::move(config));
    EXPECT_EQ(status_of(door.ask(request)), 504);
    EXPECT_EQ(app.connections(), 1U);
  }
}

}  // namespace
}  // namespace litefs::proxy::test
