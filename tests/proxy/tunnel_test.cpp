// After a 101: any protocol, either end may close its half.
#include "litefs/proxy/tunnel.hpp"

#include <gtest/gtest.h>

#include <atomic>

#include "front_door.hpp"
#include "scripted_upstream.hpp"

namespace litefs::proxy::test {
namespace {

std::string asks_for(std::string_view protocol, std::string_view method = "GET") {
  return std::string(method).append(" /t HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: ") +
         std::string(protocol) + "\r\n\r\n";
}

std::string agrees_to(std::string_view protocol) {
  return "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: " + std::string(protocol) +
         "\r\n\r\n";
}

bool whole_head(std::string_view b) { return b.ends_with("\r\n\r\n"); }

// Agrees, then hands the connection to `talk`.
template <class Talk>
scripted_upstream::script agreeing(std::string protocol, Talk talk) {
  return [protocol = std::move(protocol), talk](raw_socket& s, scripted_upstream& self) {
    if (self.next_request(s).empty()) return;
    s.send(agrees_to(protocol));
    talk(s);
  };
}

void echo(raw_socket& s) {
  for (auto piece = s.receive(); !piece.empty(); piece = s.receive()) s.send(piece);
}

TEST(tunnel, takes_any_protocol_that_the_app_agrees_to) {
  struct row {
    std::string_view protocol;
    std::string_view method;
  };
  for (auto const& [protocol, method] :
       {row{"websocket", "GET"}, row{"tcp", "POST"}, row{"IRC/6.9", "GET"}, row{"x-own.v2", "PUT"}}) {
    SCOPED_TRACE(protocol);
    scripted_upstream upstream(agreeing(std::string(protocol), echo));
    front_door door(single_config(upstream.port()));
    auto client = door.connect();
    client.send(asks_for(protocol, method));
    auto const head = client.receive_until(whole_head);
    EXPECT_EQ(status_of(head), 101);
    EXPECT_NE(head.find("Upgrade: " + std::string(protocol) + "\r\n"), std::string::npos);
    EXPECT_NE(upstream.received().find("Connection: upgrade\r\nUpgrade: " + std::string(protocol) + "\r\n"),
              std::string::npos);
    client.send(std::string("\0GET / HTTP/1.1\r\n\r\n\xff", 20));
    EXPECT_EQ(client.receive_until([](auto b) { return b.ends_with("\xff"); }),
              std::string("\0GET / HTTP/1.1\r\n\r\n\xff", 20));
  }
}

TEST(tunnel, passes_the_end_of_one_direction_on_and_keeps_the_other) {
  std::string const late(100'000, 'x');
  scripted_upstream upstream(agreeing("tcp", [&](raw_socket& s) {
    auto const all = s.receive_all();  // to the client's end
    s.send(all + late);
  }));
  front_door door(single_config(upstream.port()));
  auto client = door.connect();
  client.send(asks_for("tcp"));
  EXPECT_EQ(status_of(client.receive_until(whole_head)), 101);
  client.send("first");
  client.half_close();
  EXPECT_EQ(client.receive_all(), "first" + late);
  EXPECT_FALSE(client.was_reset);
}

TEST(tunnel, passes_the_end_of_the_app_on_and_hears_the_client_further) {
  std::atomic<bool> heard{false};
  scripted_upstream upstream(agreeing("tcp", [&](raw_socket& s) {
    s.send("bye");
    s.half_close();
    heard = s.receive_all() == "still here";
  }));
  front_door door(single_config(upstream.port()));
  auto client = door.connect();
  client.send(asks_for("tcp"));
  EXPECT_TRUE(client.receive_until([](auto b) { return b.ends_with("bye"); }).ends_with("bye"));
  EXPECT_EQ(client.receive(), "");
  client.send("still here");
  client.half_close();
  EXPECT_TRUE(eventually([&] { return heard.load(); }));
}

}  // namespace
}  // namespace litefs::proxy::test
