// What an upstream may answer, byte for byte, and what the client gets of it.
#include <gtest/gtest.h>

#include <atomic>

#include "front_door.hpp"
#include "scripted_upstream.hpp"

namespace litefs::proxy::test {
namespace {

constexpr std::string_view get = "GET /g HTTP/1.1\r\nHost: h\r\n\r\n";

struct row {
  std::string_view name;
  std::string response;  // then the upstream closes
  std::string client;    // all bytes, without X-Request-Id
};

std::vector<row> relayed_rows() {
  return {
      {"length", "HTTP/1.1 200 Fine\r\nA: b\r\nContent-Length: 2\r\n\r\nok",
       "HTTP/1.1 200 Fine\r\nA: b\r\nContent-Length: 2\r\n\r\nok"},
      {"chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nok\r\n0\r\nT: 1\r\n\r\n",
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"},
      {"1.0 until close", "HTTP/1.0 200 OK\r\n\r\nok",
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"},
      {"204", "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 204 No Content\r\n\r\n"},
      {"304 tells its length", "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n",
       "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n"},
      {"internal and platform fields go",
       "HTTP/1.1 200 OK\r\nlitefs-committed: none\r\nfly-replay: app=x\r\nConnection: x-y\r\nX-Y: 1\r\n"
       "Keep-Alive: 1\r\nContent-Length: 0\r\n\r\n",
       "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"},
      {"103 passes, then the answer",
       "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
       "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"},
      {"bytes after the response are nobody's",
       "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
       "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"},
  };
}

std::vector<row> bad_rows() {
  return {
      {"cl and te", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\nok", ""},
      {"differing cls", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok", ""},
      {"te in 1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", ""},
      {"space before colon", "HTTP/1.1 200 OK\r\nA : b\r\nContent-Length: 0\r\n\r\n", ""},
      {"nul", std::string("HTTP/1.1 200 OK\r\nA: \0\r\nContent-Length: 0\r\n\r\n", 44), ""},
      {"not http", "SSH-2.0-x\r\n\r\n", ""},
      {"nothing", "", ""},
      {"half a head", "HTTP/1.1 200 OK\r\nCont", ""},
      {"101 nobody asked for", "HTTP/1.1 101 S\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n", ""},
  };
}

std::string answer_to(front_door& door, std::string_view request) {
  auto client = door.connect();
  client.send(request);
  std::string all;
  while (true) {
    all += client.receive_until([&](std::string_view b) { return message_size(b) > 0; });
    if (status_of(all.substr(all.rfind("HTTP/1.1 "))) >= 200 || client.timed_out) break;
  }
  return without_line(all, "X-Request-Id: ");
}

TEST(response_bytes, what_is_good_is_relayed_in_our_framing) {
  for (auto const& r : relayed_rows()) {
    SCOPED_TRACE(r.name);
    scripted_upstream upstream(r.response, true);
    front_door door(single_config(upstream.port()));
    auto client = door.connect();
    client.send(get);
    std::string all;
    while (all.size() < r.client.size() && !client.timed_out) {
      auto const piece = client.receive();
      if (piece.empty()) break;
      all = without_line(all + piece, "X-Request-Id: ");
    }
    EXPECT_EQ(all, r.client);
  }
}

TEST(response_bytes, what_can_be_read_in_two_ways_is_a_502) {
  for (auto const& r : bad_rows()) {
    SCOPED_TRACE(r.name);
    scripted_upstream upstream(r.response, true);
    front_door door(single_config(upstream.port()));
    EXPECT_EQ(status_of(door.ask(get)), 502);
  }
}

TEST(response_bytes, truncation_at_every_byte_is_seen_by_the_client) {
  std::string const whole = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n";
  auto const head = whole.find("\r\n\r\n") + 4;
  std::atomic<std::size_t> cut{0};
  scripted_upstream upstream([&](raw_socket& s, scripted_upstream& self) {
    if (!self.next_request(s).empty()) s.send(whole.substr(0, cut));
  });
  front_door door(single_config(upstream.port()));
  for (cut = 0; cut < whole.size(); ++cut) {
    SCOPED_TRACE(cut.load());
    auto client = door.connect();
    client.send("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
    if (cut < head) {
      EXPECT_EQ(status_of(client.receive_until([](auto b) { return message_size(b) > 0; })), 502);
    } else {
      auto const got = client.receive_all();
      EXPECT_EQ(got.find("0\r\n\r\n"), std::string::npos);
      EXPECT_TRUE(client.was_reset);
    }
  }
}

TEST(response_bytes, head_requests_get_the_length_and_no_body) {
  scripted_upstream upstream("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
  front_door door(single_config(upstream.port()));
  auto client = door.connect();
  for (int i = 0; i < 2; ++i) {
    client.send("HEAD /g HTTP/1.1\r\nHost: h\r\n\r\n");
    auto const got = client.receive_until([](auto b) { return b.ends_with("\r\n\r\n"); });
    EXPECT_EQ(status_of(got), 200);
    EXPECT_NE(got.find("Content-Length: 1000\r\n"), std::string::npos);
  }
}

TEST(response_bytes, a_1_0_client_gets_no_chunks_no_1xx_and_a_close) {
  scripted_upstream upstream(
      "HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n");
  front_door door(single_config(upstream.port()));
  auto client = door.connect();
  client.send("GET /g HTTP/1.0\r\nHost: h\r\n\r\n");
  EXPECT_EQ(without_line(client.receive_all(), "X-Request-Id: "),
            "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nok");
}

TEST(response_bytes, too_many_interim_answers_end_in_a_502) {
  std::string many;
  for (int i = 0; i < 20; ++i) many += "HTTP/1.1 103 Early\r\n\r\n";
  scripted_upstream upstream(many);
  front_door door(single_config(upstream.port()));
  EXPECT_NE(answer_to(door, get).find("HTTP/1.1 502"), std::string::npos);
}

TEST(response_bytes, bytes_on_an_idle_connection_are_never_an_answer) {
  std::atomic<int> surplus{0};  // sent, so at the proxy: the next request must come after them
  scripted_upstream upstream([&](raw_socket& s, scripted_upstream& self) {
    if (self.next_request(s).empty()) return;
    s.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    s.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
    ++surplus;
    self.next_request(s);
  });
  front_door door(single_config(upstream.port()));
  for (int i = 1; i <= 5; ++i) {
    EXPECT_TRUE(door.ask(get).ends_with("ok"));
    EXPECT_TRUE(eventually([&] { return surplus == i; }));
  }
  EXPECT_EQ(upstream.connections(), 5U);
}

}  // namespace
}  // namespace litefs::proxy::test
