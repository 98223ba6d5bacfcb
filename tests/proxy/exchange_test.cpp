// An exchange that ends while the client still uploads leaves nothing running behind.
#include <gtest/gtest.h>

#include "two_nodes.hpp"

namespace litefs::proxy::test {
namespace {

TEST(exchange, an_upgrade_that_was_not_asked_for_ends_the_upload) {
  scripted_upstream app([](raw_socket& s, scripted_upstream&) {
    s.receive_until([](std::string_view b) { return b.find("\r\n\r\n") != b.npos; });
    s.send("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
    s.receive_all();
  });
  front_door door(single_config(app.port()));
  auto client = door.connect();
  client.send("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 3000000\r\n\r\n" + std::string(100'000, 'x'));
  auto const answer = client.receive_until([](auto b) { return message_size(b) > 0; });
  EXPECT_EQ(status_of(answer), 502);
  client.send(std::string(200'000, 'y'));
  client.close();
  EXPECT_TRUE(eventually([&] { return door.workers().connections() == 0; }));
}

// The proof that nothing ran came after the body was sent: there is no body left to send again.
TEST(exchange, a_streamed_body_is_never_sent_twice) {
  reserved_port nobody;
  two_nodes nodes(std::string(ok), [&](proxy_config& c) {
    if (c.litefs->hostname == "n2") {
      c.limits.held_body = 1000;
      c.timeouts.body_idle = milliseconds(1000);
    } else {
      c.targets.front().port = nobody.port();
      c.primary_redirect_timeout = milliseconds(100);
    }
  });
  auto const begun = std::chrono::steady_clock::now();
  auto const answer = nodes.replica->ask("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 5000\r\n\r\n" +
                                         std::string(5000, 'x'));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, patience / 2);
  EXPECT_EQ(status_of(answer), 503) << answer;
  EXPECT_EQ(line_of(answer, "litefs-not-executed"), "target-down");
  EXPECT_EQ(nodes.primary->refused(), 2U) << "the boot id is learned, then it is sent once";
}

// The time for a response counts from the end of the request, also for the second piece of its head.
TEST(exchange, a_slow_upload_leaves_the_whole_time_for_the_response) {
  constexpr milliseconds response{1000};
  scripted_upstream app([](raw_socket& s, scripted_upstream& self) {
    self.next_request(s);
    s.send("HTTP/1.1 200 OK\r\n");
    s.receive(milliseconds(300));  // longer than the period of the sweep; ends early if the proxy gives up
    s.send("Content-Length: 2\r\n\r\nok");
    s.receive();
  });
  auto config = single_config(app.port());
  config.limits.held_body = 0;
  config.timeouts.response = response;
  front_door door(std::move(config));
  auto client = door.connect();
  client.send("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 12\r\n\r\n");
  for (int i = 0; i < 12; ++i) {
    EXPECT_EQ(client.receive(response / 10), "");  // nothing comes before the body is complete
    client.send("x");
  }
  EXPECT_EQ(status_of(answer_of(client)), 200);
}

}  // namespace
}  // namespace litefs::proxy::test
