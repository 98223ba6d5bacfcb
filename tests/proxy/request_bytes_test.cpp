// What a client may send, byte for byte: the status it sees and the bytes that reach the target. Framing has
// a table of its own in request_framing_test.cpp.
#include "byte_rows.hpp"

namespace litefs::proxy::test {
namespace {

std::string const plain = "GET /g HTTP/1.1\r\nHost: h\r\n|\r\n";

std::string with_target(std::string_view target, std::string_view method = "GET") {
  return std::string(method).append(" ").append(target).append(" HTTP/1.1\r\nHost: h\r\n\r\n");
}

std::string with_host(std::string_view host) {
  return "GET /g HTTP/1.1\r\nHost:" + std::string(host) + "\r\n\r\n";
}

std::vector<byte_row> accepted_fields() {
  return {
      {"plain get", get_with("A: b\r\n"), 200, "GET /g HTTP/1.1\r\nHost: h\r\nA: b\r\n|\r\n"},
      {"empty lines first", "\r\n\r\n" + get_with(""), 200, plain},
      {"blanks around a value", get_with("A: \t b c \t\r\n"), 200,
       "GET /g HTTP/1.1\r\nHost: h\r\nA: b c\r\n|\r\n"},
      {"hop-by-hop fields go",
       get_with("Connection: keep-alive, x-mine\r\nX-Mine: 1\r\nKeep-Alive: 5\r\nTrailer: x\r\n"
                "Proxy-Connection: x\r\nTE: trailers\r\nProxy-Authorization: x\r\nUpgrade: x\r\n"),
       200, plain},
      {"what is nominated goes, and ours comes after",
       get_with(
           "Connection: close, x-forwarded-for, x-internal\r\nX-Forwarded-For: 1.1.1.1\r\nX-Internal: 1\r\n"),
       200, plain},
      {"underscores and our own names go",
       get_with("X_Forwarded_For: 1\r\nContent_Length: 3\r\nTransfer_Encoding: chunked\r\nScript_Name: /x\r\n"
                "litefs-committed: x\r\nlitefs-proxied: 1\r\n"),
       200, plain},
      {"what only proxies may say goes",
       get_with("X-Forwarded-For: 9.9.9.9\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil\r\n"
                "X-Forwarded-Prefix: /x\r\nForwarded: for=9.9.9.9\r\nX-Real-IP: 9.9.9.9\r\n"
                "Fly-Client-IP: 9.9.9.9\r\nfly-replay-src: x\r\nfly-replay-failed: x\r\n"
                "fly-replay-cache-status: x\r\n"),
       200, plain},
      {"http/1.0", "GET /g HTTP/1.0\r\nHost: h\r\n\r\n", 200, plain},
      {"http/1.0 without reuse", "GET /g HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\n\r\n", 200, plain},
      {"h2c is no upgrade we know",
       get_with("Connection: upgrade, http2-settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n"), 200, plain},
      {"an upgrade in 1.0 is none",
       "GET /g HTTP/1.0\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n", 200, plain},
      {"a method override passes", get_with("X-HTTP-Method-Override: DELETE\r\n"), 200,
       "GET /g HTTP/1.1\r\nHost: h\r\nX-HTTP-Method-Override: DELETE\r\n|\r\n"},
  };
}

std::vector<byte_row> accepted_targets() {
  auto const as_sent = [](std::string_view target) {
    return byte_row{target, with_target(target), 200,
                    "GET " + std::string(target) + " HTTP/1.1\r\nHost: h\r\n|\r\n"};
  };
  return {
      as_sent("/a%2Fb/../c?x=%zz;1"),
      as_sent("//a/./b"),
      as_sent("/static/%2e%2e/admin"),
      as_sent("/a;x=%00?a?b"),
      {"absolute form", with_target("http://h/g"), 200, plain},
      {"absolute form in capitals", with_target("HTTP://H/g"), 200, "GET /g HTTP/1.1\r\nHost: h\r\n|\r\n"},
      {"absolute form without a path", with_target("http://h"), 200, "GET / HTTP/1.1\r\nHost: h\r\n|\r\n"},
      {"options *", with_target("*", "OPTIONS"), 200, "OPTIONS * HTTP/1.1\r\nHost: h\r\n|\r\n"},
      {"max-forwards means nothing elsewhere", get_with("Max-Forwards: 0\r\n"), 200,
       "GET /g HTTP/1.1\r\nHost: h\r\nMax-Forwards: 0\r\n|\r\n"},
  };
}

std::vector<byte_row> rejected_lines() {
  return {
      {"bare lf", "GET /g HTTP/1.1\nHost: h\n\n", 400, ""},
      {"bare lf in the end", "GET /g HTTP/1.1\r\nHost: h\n\r\n", 400, ""},
      {"two spaces", "GET  /g HTTP/1.1\r\nHost: h\r\n\r\n", 400, ""},
      {"a tab for a space", "GET\t/g HTTP/1.1\r\nHost: h\r\n\r\n", 400, ""},
      {"space after the version", "GET /g HTTP/1.1 \r\nHost: h\r\n\r\n", 505, ""},
      {"http/0.9", "GET /g\r\n\r\n", 400, ""},
      {"http/2 preface", "PRI * HTTP/2.0\r\n\r\n", 505, ""},
      {"http/1.2", "GET /g HTTP/1.2\r\nHost: h\r\n\r\n", 505, ""},
      {"garbage", "\x16\x03\x01\x02\r\n\r\n", 400, ""},
      {"connect", "CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n", 405, ""},
      {"trace", with_target("/g", "TRACE"), 405, ""},
      {"unknown method", with_target("/g", "FOO"), 501, ""},
      {"methods are case-sensitive", with_target("/g", "POsT"), 501, ""},
      {"method that is no token", with_target("/g", "G@T"), 400, ""},
      {"fragment", with_target("/g#f"), 400, ""},
      {"8-bit target", with_target("/\xc3\xa9"), 400, ""},
      {"control in the target", with_target("/\x01"), 400, ""},
      {"space in the target", with_target("/a b"), 505, ""},
      {"target without a slash", with_target("g"), 400, ""},
      {"authority form", with_target("h:80"), 400, ""},
      {"* of a get", with_target("*"), 400, ""},
      {"options *?x", with_target("*?x", "OPTIONS"), 400, ""},
      {"another scheme", with_target("ftp://h/g"), 400, ""},
      {"absolute form differs", with_target("http://other/g"), 400, ""},
      {"absolute form with userinfo", with_target("http://u@h/g"), 400, ""},
      {"absolute form alone", "GET http://h/g HTTP/1.1\r\n\r\n", 400, ""},
  };
}

std::vector<byte_row> rejected_fields() {
  return {
      {"nul in value", get_with(std::string("A: b\0c\r\n", 8)), 400, ""},
      {"bare cr in value", get_with("A: b\rc\r\n"), 400, ""},
      {"del in value", get_with("A: b\x7f\r\n"), 400, ""},
      {"obs-fold", get_with("A: b\r\n c\r\n"), 400, ""},
      {"obs-fold by a tab", get_with("A: b\r\n\tc\r\n"), 400, ""},
      {"space before colon", get_with("A : b\r\n"), 400, ""},
      {"blank line after the request line", "GET /g HTTP/1.1\r\n Host: h\r\n\r\n", 400, ""},
      {"no colon", get_with("A\r\n"), 400, ""},
      {"no name", get_with(": b\r\n"), 400, ""},
      {"no token", get_with("A(b): c\r\n"), 400, ""},
      {"8-bit name", get_with("A\xe9: c\r\n"), 400, ""},
      {"no host", "GET /g HTTP/1.1\r\n\r\n", 400, ""},
      {"two hosts", "GET /g HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n", 400, ""},
      {"two hosts in 1.0", "GET /g HTTP/1.0\r\nHost: h\r\nHost: i\r\n\r\n", 400, ""},
      {"empty host", with_host(""), 400, ""},
      {"hosts in a list", with_host(" h, i"), 400, ""},
      {"host with userinfo", with_host(" a@h"), 400, ""},
      {"host with a path", with_host(" h/x"), 400, ""},
      {"host with a space", with_host(" h i"), 400, ""},
      {"host with a bad port", with_host(" h:8x"), 400, ""},
      {"host with a port too large", with_host(" h:65536"), 400, ""},
      {"connection nominates host", get_with("Connection: host\r\n"), 400, ""},
      {"connection nominates a length", post_with("Connection: content-length\r\nContent-Length: 0\r\n"), 400,
       ""},
      {"connection nominates framing", get_with("Connection: transfer-encoding\r\n"), 400, ""},
      {"connection nominates cookies", get_with("Connection: close, Cookie\r\nCookie: a=b\r\n"), 400, ""},
      {"connection nominates credentials", get_with("Connection: authorization\r\n"), 400, ""},
      {"expect other", post_with("Expect: other\r\nContent-Length: 1\r\n", "x"), 417, ""},
      {"space before the colon of expect", post_with("Expect : 100-continue\r\nContent-Length: 1\r\n", "x"),
       400, ""},
      {"max-forwards is no number", "OPTIONS /g HTTP/1.1\r\nHost: h\r\nMax-Forwards: x\r\n\r\n", 400, ""},
      {"forged hop", get_with("litefs-hop: 1;from=a;to=b;boot=-;n=00;mac=00\r\n"), 503, ""},
      {"two hops", get_with("litefs-hop: a\r\nlitefs-hop: b\r\n"), 400, ""},
  };
}

TEST(request_bytes, fields_reach_the_target_in_our_words) {
  scripted_upstream upstream{std::string(ok_answer)};
  expect_accepted(single_config(upstream.port()), upstream, accepted_fields());
}

TEST(request_bytes, targets_reach_the_target_byte_by_byte) {
  scripted_upstream upstream{std::string(ok_answer)};
  expect_accepted(single_config(upstream.port()), upstream, accepted_targets());
}

TEST(request_bytes, a_bad_first_line_reaches_nobody) { expect_rejected(rejected_lines()); }

TEST(request_bytes, a_bad_field_reaches_nobody) { expect_rejected(rejected_fields()); }

TEST(request_bytes, max_forwards_counts_down_and_the_last_hop_answers_itself) {
  scripted_upstream upstream{std::string(ok_answer)};
  front_door door(single_config(upstream.port()));
  EXPECT_EQ(status_of(door.ask("OPTIONS /g HTTP/1.1\r\nHost: h\r\nMax-Forwards: 0\r\n\r\n")), 200);
  EXPECT_EQ(upstream.received(), "");
  EXPECT_EQ(status_of(door.ask("OPTIONS /g HTTP/1.1\r\nHost: h\r\nMax-Forwards: 5\r\n\r\n")), 200);
  EXPECT_NE(upstream.received().find("\r\nMax-Forwards: 4\r\n"), std::string::npos);
}

TEST(request_bytes, limits) {
  scripted_upstream upstream{std::string(ok_answer)};
  auto config = single_config(upstream.port());
  config.limits.body = 10;
  front_door door(std::move(config));
  std::string many;
  for (int i = 0; i < 101; ++i) many += "A: b\r\n";
  EXPECT_EQ(status_of(door.ask("GET /" + std::string(7'985, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n")), 200);
  upstream.forget();
  EXPECT_EQ(status_of(door.ask("GET /" + std::string(9'000, 'a'))), 414);
  EXPECT_EQ(status_of(door.ask(get_with("A: " + std::string(40'000, 'a') + "\r\n"))), 431);
  EXPECT_EQ(status_of(door.ask(get_with(many))), 431);
  EXPECT_EQ(status_of(door.ask(post_with("Content-Length: 11\r\n", "hello world"))), 413);
  EXPECT_EQ(upstream.received(), "");
  EXPECT_EQ(status_of(door.ask(post_with("Transfer-Encoding: chunked\r\n", "b\r\nhello world\r\n0\r\n\r\n"))),
            413);
}

}  // namespace
}  // namespace litefs::proxy::test
