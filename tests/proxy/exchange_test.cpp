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

}  // namespace
}  // namespace litefs::proxy::test
