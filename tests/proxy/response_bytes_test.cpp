// What an upstream may answer, byte for byte, and what the client gets of it.
#include <atomic>

#include "byte_rows.hpp"

namespace litefs::proxy::test {
namespace {

constexpr std::string_view get = "GET /g HTTP/1.1\r\nHost: h\r\n\r\n";

struct row {
  std::string_view name;
  std::string response;  // then the upstream closes
  std::string client;    // all bytes, without X-Request-Id
};

std::string with(std::string_view fields, std::string_view body = "") {
  return std::string("HTTP/1.1 200 OK\r\n").append(fields).append("\r\n").append(body);
}

std::string const te = "Transfer-Encoding: chunked\r\n";

std::vector<row> relayed_rows() {
  return {
      {"length", "HTTP/1.1 200 Fine\r\nA: b\r\nContent-Length: 2\r\n\r\nok",
       "HTTP/1.1 200 Fine\r\nA: b\r\nContent-Length: 2\r\n\r\nok"},
      {"leading zeros", with("Content-Length: 002\r\n", "ok"), with("Content-Length: 2\r\n", "ok")},
      {"chunked", with(te, "2;x=y\r\nok\r\n0\r\nT: 1\r\nContent-Length: 9\r\n\r\n"),
       with(te, "2\r\nok\r\n0\r\n\r\n")},
      {"1.0 until close", "HTTP/1.0 200 OK\r\n\r\nok", with(te, "2\r\nok\r\n0\r\n\r\n")},
      {"until close", with("", "ok"), with(te, "2\r\nok\r\n0\r\n\r\n")},
      {"204", "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 204 No Content\r\n\r\n"},
      {"204 with a body", "HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nok",
       "HTTP/1.1 204 No Content\r\n\r\n"},
      {"204 in chunks", "HTTP/1.1 204 No Content\r\n" + te + "\r\n2\r\nok\r\n0\r\n\r\n",
       "HTTP/1.1 204 No Content\r\n\r\n"},
      {"304 tells its length", "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n",
       "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n"},
      {"304 with a body", "HTTP/1.1 304 Not Modified\r\n" + te + "\r\n2\r\nok\r\n0\r\n\r\n",
       "HTTP/1.1 304 Not Modified\r\n\r\n"},
      {"internal and platform fields go",
       with("litefs-committed: none\r\nfly-replay: app=x\r\nConnection: x-y\r\nX-Y: 1\r\n"
            "Keep-Alive: 1\r\nProxy-Authenticate: x\r\nTrailer: x\r\nUpgrade: h2c\r\n"
            "Content-Type: application/vnd.fly.replay+json\r\nContent-Length: 0\r\n"),
       with("Content-Length: 0\r\n")},
      {"100 is for us", "HTTP/1.1 100 Continue\r\n\r\n" + with("Content-Length: 0\r\n"),
       with("Content-Length: 0\r\n")},
      {"103 passes, then the answer",
       "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + with("Content-Length: 0\r\n"),
       "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + with("Content-Length: 0\r\n")},
      {"103 has no body to announce",
       "HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\n" + with("Content-Length: 0\r\n"),
       "HTTP/1.1 103 Early Hints\r\n\r\n" + with("Content-Length: 0\r\n")},
      {"bytes after the response are nobody's",
       with("Content-Length: 2\r\n", "ok") + with("Content-Length: 4\r\n", "evil"),
       with("Content-Length: 2\r\n", "ok")},
      {"bytes after the last chunk are nobody's",
       with(te, "2\r\nok\r\n0\r\n\r\n") + with("Content-Length: 4\r\n", "evil"),
       with(te, "2\r\nok\r\n0\r\n\r\n")},
  };
}

std::vector<row> bad_rows() {
  std::string const two = "ok";
  std::vector<row> rows{
      {"cl and te", with("Content-Length: 2\r\n" + te, two), ""},
      {"te and cl", with(te + "Content-Length: 2\r\n", two), ""},
      {"differing cls", with("Content-Length: 2\r\nContent-Length: 3\r\n", two), ""},
      {"equal cls", with("Content-Length: 2\r\nContent-Length: 2\r\n", two), ""},
      {"te in 1.0", "HTTP/1.0 200 OK\r\n" + te + "\r\n0\r\n\r\n", ""},
      {"te twice", with(te + te, "0\r\n\r\n"), ""},
      {"space before colon", with("A : b\r\nContent-Length: 0\r\n"), ""},
      {"obs-fold", with("A: b\r\n c\r\nContent-Length: 0\r\n"), ""},
      {"folded cl", with("A: b\r\n Content-Length: 2\r\n", two), ""},
      {"nul", with(std::string("A: \0\r\nContent-Length: 0\r\n", 25)), ""},
      {"bare lf", "HTTP/1.1 200 OK\nContent-Length: 0\n\n", ""},
      {"bare cr", with("A: b\rc\r\nContent-Length: 0\r\n"), ""},
      {"no token", with("A(b): c\r\nContent-Length: 0\r\n"), ""},
      {"http/2", "HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n", ""},
      {"status of two digits", "HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n", ""},
      {"status beyond 599", "HTTP/1.1 600 OK\r\nContent-Length: 0\r\n\r\n", ""},
      {"not http", "SSH-2.0-x\r\n\r\n", ""},
      {"nothing", "", ""},
      {"half a head", "HTTP/1.1 200 OK\r\nCont", ""},
      {"101 nobody asked for", "HTTP/1.1 101 S\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n", ""},
  };
  for (std::string_view const value : {"", " 2, 2", " +2", " -1", " 0x2", " 2 2", " 18446744073709551618"})
    rows.push_back({value, with("Content-Length:" + std::string(value) + "\r\n", two), ""});
  for (std::string_view const value :
       {"", " gzip", " identity", " gzip, chunked", " chunked, chunked", " xchunked"})
    rows.push_back({value, with("Transfer-Encoding:" + std::string(value) + "\r\n", "0\r\n\r\n"), ""});
  return rows;
}

// All answers up to the final one, as far as they came.
std::string final_answer(raw_socket& client) {
  auto const size = [](std::string_view b) {
    auto const status = status_of(b);
    bool const bodiless = status < 200 || status == 204 || status == 304;
    auto const end = b.find("\r\n\r\n");
    return end == std::string_view::npos ? 0 : bodiless ? end + 4 : message_size(b);
  };
  std::string all;
  for (int status = 0; status < 200;) {
    auto const bytes = client.receive_until([&](std::string_view b) { return size(b) > 0; });
    auto const n = size(bytes);
    status = n > 0 ? status_of(bytes) : 999;
    all += bytes.substr(0, n);
    client.push_back(bytes.substr(n));
  }
  return without_line(all, "X-Request-Id: ");
}

std::string answer_to(front_door& door, std::string_view request) {
  auto client = door.connect();
  client.send(request);
  return final_answer(client);
}

// A chunked message as if it had come in one chunk.
std::string in_one_chunk(std::string const& message) {
  auto const body = message.find(te + "\r\n");
  if (body == std::string::npos) return message;
  auto const data = unchunked(message);
  return message.substr(0, body) + te + "\r\n" + std::to_string(data.size()) + "\r\n" + data +
         "\r\n0\r\n\r\n";
}

// Calls `check` for each row and each place where its response can be cut in two, which the proxy then reads
// one after the other.
template <class Check>
void each_answer(std::vector<row> const& rows, Check check) {
  std::atomic<std::size_t> number{0};
  std::atomic<std::size_t> split{0};
  std::atomic<int> begun{0};
  std::atomic<int> ended{0};  // all was sent: surplus bytes are there before the next request
  scripted_upstream upstream([&](raw_socket& s, scripted_upstream& self) {
    if (self.next_request(s).empty()) return;
    ++begun;
    std::string_view const response = rows[number].response;
    auto const first = response.substr(0, split);
    if (!s.send(first)) return;
    if (!first.empty()) static_cast<void>(s.wait_consumed());
    s.send(response.substr(first.size()));
    ++ended;
  });
  front_door door(single_config(upstream.port()));
  for (number = 0; number < rows.size(); ++number) {
    auto const& r = rows[number];
    for (split = 0; split == 0 || split < r.response.size(); ++split) {
      SCOPED_TRACE(std::string(r.name) + " split at " + std::to_string(split));
      check(door, r);
      ASSERT_TRUE(eventually([&] { return ended == begun; }));
      if (::testing::Test::HasFatalFailure()) return;
    }
  }
}

TEST(response_bytes, what_is_good_is_relayed_in_our_framing) {
  each_answer(relayed_rows(), [](front_door& door, row const& r) {
    auto client = door.connect();
    client.send(get);
    ASSERT_EQ(in_one_chunk(final_answer(client)), r.client);
    client.half_close();
    ASSERT_EQ(client.receive_until([](auto) { return false; }), "") << "more than one answer";
  });
}

TEST(response_bytes, what_can_be_read_in_two_ways_is_a_502) {
  each_answer(bad_rows(), [](front_door& door, row const& r) {
    // A POST, which is never sent again.
    auto const answer = door.ask("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
    ASSERT_EQ(status_of(answer), 502) << answer << r.response;
    ASSERT_EQ(answer.find(" 200 "), std::string::npos);
  });
}

TEST(response_bytes, truncation_at_every_byte_is_seen_by_the_client) {
  for (auto const& whole : {with(te, "2\r\nok\r\n0\r\n\r\n"), with("Content-Length: 4\r\n", "gone")}) {
    auto const head = whole.find("\r\n\r\n") + 4;
    std::atomic<std::size_t> cut{0};
    scripted_upstream upstream([&](raw_socket& s, scripted_upstream& self) {
      if (!self.next_request(s).empty()) s.send(whole.substr(0, cut));
    });
    front_door door(single_config(upstream.port()));
    for (cut = 0; cut < whole.size(); ++cut) {
      SCOPED_TRACE(whole.substr(0, cut));
      auto client = door.connect();
      client.send("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
      if (cut < head) {
        EXPECT_EQ(status_of(client.receive_until([](auto b) { return message_size(b) > 0; })), 502);
      } else {
        EXPECT_EQ(message_size(client.receive_all()), 0U);
        EXPECT_TRUE(client.was_reset);
      }
    }
  }
}

// Its end is the end of the connection, so only a reset tells that it is none.
TEST(response_bytes, a_reset_is_no_end_of_a_body) {
  scripted_upstream upstream([](raw_socket& s, scripted_upstream& self) {
    if (self.next_request(s).empty()) return;
    s.send(with("", "some"));
    static_cast<void>(s.wait_consumed());
    s.reset();
  });
  front_door door(single_config(upstream.port()));
  auto client = door.connect();
  client.send("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(client.receive_all().find("0\r\n\r\n"), std::string::npos);
  EXPECT_TRUE(client.was_reset);
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
