// What a client may send, byte for byte: the status it sees and the bytes that reach the target.
// Each row is also fed split at every byte offset.
#include <gtest/gtest.h>

#include "front_door.hpp"
#include "scripted_upstream.hpp"

namespace litefs::proxy::test {
namespace {

constexpr std::string_view ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

struct row {
  std::string_view name;
  std::string input;
  int status;
  std::string upstream;  // between request line and our own fields; "" = nothing may arrive
};

std::string with_body(std::string_view fields, std::string_view body = "") {
  return std::string("POST /p HTTP/1.1\r\nHost: h\r\n").append(fields).append("\r\n").append(body);
}

std::string get_with(std::string_view fields) {
  return std::string("GET /g HTTP/1.1\r\nHost: h\r\n").append(fields).append("\r\n");
}

std::string const chunked = "Transfer-Encoding: chunked\r\n";

std::vector<row> accepted_rows() {
  return {
      {"plain get", get_with("A: b\r\n"), 200, "GET /g HTTP/1.1\r\nHost: h\r\nA: b\r\n|\r\n"},
      {"post", with_body("Content-Length: 5\r\n", "hello"), 200,
       "POST /p HTTP/1.1\r\nHost: h\r\n|Content-Length: 5\r\n\r\nhello"},
      {"leading zeros are normalised", with_body("Content-Length: 0005\r\n", "hello"), 200,
       "POST /p HTTP/1.1\r\nHost: h\r\n|Content-Length: 5\r\n\r\nhello"},
      {"empty lines first", "\r\n\r\n" + get_with(""), 200, "GET /g HTTP/1.1\r\nHost: h\r\n|\r\n"},
      {"hop-by-hop fields go",
       get_with("Connection: keep-alive, x-mine\r\nX-Mine: 1\r\nKeep-Alive: 5\r\n"
                "Proxy-Connection: x\r\nTE: trailers\r\nProxy-Authorization: x\r\n"),
       200, "GET /g HTTP/1.1\r\nHost: h\r\n|\r\n"},
      {"underscores and our own names go",
       get_with("X_Forwarded_For: 1\r\nContent_Length: 3\r\nlitefs-committed: x\r\nlitefs-proxied: 1\r\n"
                "X-Forwarded-For: 9.9.9.9\r\nX-Forwarded-Proto: https\r\nForwarded: for=9.9.9.9\r\n"),
       200, "GET /g HTTP/1.1\r\nHost: h\r\n|\r\n"},
      {"http/1.0", "GET /g HTTP/1.0\r\nHost: h\r\n\r\n", 200, "GET /g HTTP/1.1\r\nHost: h\r\n|\r\n"},
      {"target byte-identical", "GET /a%2Fb/../c?x=%zz;1 HTTP/1.1\r\nHost: h\r\n\r\n", 200,
       "GET /a%2Fb/../c?x=%zz;1 HTTP/1.1\r\nHost: h\r\n|\r\n"},
      {"absolute form", "GET http://h/g HTTP/1.1\r\nHost: h\r\n\r\n", 200,
       "GET /g HTTP/1.1\r\nHost: h\r\n|\r\n"},
      {"options *", "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", 200, "OPTIONS * HTTP/1.1\r\nHost: h\r\n|\r\n"},
      {"h2c is no upgrade we know",
       get_with("Connection: upgrade, http2-settings\r\nUpgrade: h2c\r\n"
                "HTTP2-Settings: x\r\n"),
       200, "GET /g HTTP/1.1\r\nHost: h\r\n|\r\n"},
  };
}

std::vector<row> chunked_rows() {
  return {
      {"chunked is re-framed", with_body(chunked, "5;ext=1\r\nhello\r\n0\r\nX-Trailer: 1\r\n\r\n"), 200,
       "hello"},
      {"two chunks", with_body(chunked, "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"), 200, "hello"},
  };
}

std::vector<row> rejected_rows() {
  return {
      {"cl and te", with_body("Content-Length: 5\r\n" + chunked, "0\r\n\r\n"), 400, ""},
      {"te and cl", with_body(chunked + "Content-Length: 5\r\n", "0\r\n\r\n"), 400, ""},
      {"te identity", with_body("Transfer-Encoding: identity\r\n"), 400, ""},
      {"te gzip", with_body("Transfer-Encoding: gzip\r\n"), 400, ""},
      {"te chunked, identity", with_body("Transfer-Encoding: chunked, identity\r\n"), 400, ""},
      {"te gzip, chunked", with_body("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), 501, ""},
      {"te gzip then cl", with_body("Transfer-Encoding: gzip\r\nContent-Length: 5\r\n", "hello"), 400, ""},
      {"te twice", with_body(chunked + chunked, "0\r\n\r\n"), 400, ""},
      {"te in 1.0", "POST /p HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, ""},
      {"equal cls", with_body("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"), 400, ""},
      {"cl list", with_body("Content-Length: 5, 5\r\n", "hello"), 400, ""},
      {"differing cls", with_body("Content-Length: 5\r\nContent-Length: 6\r\n", "hello"), 400, ""},
      {"cl +5", with_body("Content-Length: +5\r\n", "hello"), 400, ""},
      {"cl 0x10", with_body("Content-Length: 0x10\r\n", "hello"), 400, ""},
      {"cl wraps", with_body("Content-Length: 18446744073709551621\r\n", "hello"), 400, ""},
      {"body on get", get_with("Content-Length: 5\r\n") + "hello", 400, ""},
      {"nul in value", get_with(std::string("A: b\0c\r\n", 8)), 400, ""},
      {"bare cr in value", get_with("A: b\rc\r\n"), 400, ""},
      {"obs-fold", get_with("A: b\r\n c\r\n"), 400, ""},
      {"folded cl", with_body("A: b\r\n Content-Length: 38\r\n"), 400, ""},
      {"space before colon", get_with("A : b\r\n"), 400, ""},
      {"no colon", get_with("A\r\n"), 400, ""},
      {"bare lf", "GET /g HTTP/1.1\nHost: h\n\n", 400, ""},
      {"two spaces", "GET  /g HTTP/1.1\r\nHost: h\r\n\r\n", 400, ""},
      {"http/0.9", "GET /g\r\n\r\n", 400, ""},
      {"http/2 preface", "PRI * HTTP/2.0\r\n\r\n", 505, ""},
      {"no host", "GET /g HTTP/1.1\r\n\r\n", 400, ""},
      {"two hosts", "GET /g HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n", 400, ""},
      {"host with userinfo", "GET /g HTTP/1.1\r\nHost: a@h\r\n\r\n", 400, ""},
      {"absolute form differs", "GET http://other/g HTTP/1.1\r\nHost: h\r\n\r\n", 400, ""},
      {"connect", "CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n", 405, ""},
      {"trace", "TRACE /g HTTP/1.1\r\nHost: h\r\n\r\n", 405, ""},
      {"unknown method", "FOO /g HTTP/1.1\r\nHost: h\r\n\r\n", 501, ""},
      {"fragment", "GET /g#f HTTP/1.1\r\nHost: h\r\n\r\n", 400, ""},
      {"8-bit target", "GET /\xc3\xa9 HTTP/1.1\r\nHost: h\r\n\r\n", 400, ""},
      {"connection nominates host", get_with("Connection: host\r\n"), 400, ""},
      {"expect other", with_body("Expect: other\r\nContent-Length: 1\r\n", "x"), 417, ""},
      {"forged hop", get_with("litefs-hop: 1;from=a;to=b;boot=-;n=00;mac=00\r\n"), 503, ""},
  };
}

std::string between_fixed(std::string const& received) {
  auto bytes = without_line(received, "X-Request-Id: ");
  auto const ours = std::string(
      "X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: h\r\nlitefs-proxied: "
      "1\r\n");
  auto const at = bytes.find(ours);
  return at == std::string::npos ? "no fields of ours in: " + bytes : bytes.replace(at, ours.size(), "|");
}

// Split 0 = in one piece, else in two that the proxy reads one after the other.
int status_when_split(front_door& door, std::string_view input, std::size_t split) {
  auto client = door.connect();
  client.send(input.substr(0, split));
  if (split > 0 && !client.wait_consumed()) return 0;
  client.send(input.substr(split));
  return status_of(client.receive_until([](std::string_view b) { return message_size(b) > 0; }));
}

TEST(request_bytes, what_is_accepted_reaches_the_target_in_our_words) {
  scripted_upstream upstream{std::string(ok)};
  front_door door(single_config(upstream.port()));
  for (auto const& r : accepted_rows()) {
    for (std::size_t split = 0; split < r.input.size(); ++split) {
      SCOPED_TRACE(std::string(r.name) + " split at " + std::to_string(split));
      upstream.forget();
      ASSERT_EQ(status_when_split(door, r.input, split), r.status);
      ASSERT_EQ(between_fixed(upstream.received()), r.upstream);
    }
  }
}

TEST(request_bytes, chunked_bodies_arrive_whole_and_re_framed) {
  scripted_upstream upstream{std::string(ok)};
  front_door door(single_config(upstream.port()));
  for (auto const& r : chunked_rows()) {
    for (std::size_t split = 0; split < r.input.size(); ++split) {
      SCOPED_TRACE(std::string(r.name) + " split at " + std::to_string(split));
      upstream.forget();
      ASSERT_EQ(status_when_split(door, r.input, split), r.status);
      auto const got = upstream.received();
      ASSERT_NE(got.find("Transfer-Encoding: chunked\r\n\r\n"), std::string::npos) << got;
      std::string data;
      for (char const c : got.substr(got.find("\r\n\r\n")))
        if (std::isalpha(static_cast<unsigned char>(c)) != 0) data += c;
      ASSERT_EQ(data, r.upstream);
      ASSERT_EQ(got.find("ext"), std::string::npos);
      ASSERT_EQ(got.find("Trailer"), std::string::npos);
    }
  }
}

TEST(request_bytes, what_is_rejected_reaches_nobody) {
  scripted_upstream upstream{std::string(ok)};
  front_door door(single_config(upstream.port()));
  for (auto const& r : rejected_rows()) {
    for (std::size_t split = 0; split < r.input.size(); ++split) {
      SCOPED_TRACE(std::string(r.name) + " split at " + std::to_string(split));
      ASSERT_EQ(status_when_split(door, r.input, split), r.status);
    }
  }
  EXPECT_EQ(upstream.received(), "");
  EXPECT_EQ(upstream.connections(), 0U);
}

TEST(request_bytes, limits) {
  scripted_upstream upstream{std::string(ok)};
  auto config = single_config(upstream.port());
  config.limits.body = 10;
  front_door door(std::move(config));
  std::string many;
  for (int i = 0; i < 101; ++i) many += "A: b\r\n";
  EXPECT_EQ(status_of(door.ask("GET /" + std::string(7900, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n")), 200);
  EXPECT_EQ(status_of(door.ask("GET /" + std::string(9000, 'a'))), 414);
  EXPECT_EQ(status_of(door.ask(get_with("A: " + std::string(40'000, 'a') + "\r\n"))), 431);
  EXPECT_EQ(status_of(door.ask(get_with(many))), 431);
  upstream.forget();
  EXPECT_EQ(status_of(door.ask(with_body("Content-Length: 11\r\n", "hello world"))), 413);
  EXPECT_EQ(upstream.received(), "");
  EXPECT_EQ(status_of(door.ask(with_body(chunked, "b\r\nhello world\r\n0\r\n\r\n"))), 413);
}

}  // namespace
}  // namespace litefs::proxy::test
