// What check_request makes of an acceptable head: members taken out, fields passed on.
#include "litefs/request_rules.hpp"
#include "raw_head.hpp"

#include <gtest/gtest.h>

namespace litefs {
namespace {

using testing_heads::names;
using testing_heads::raw_head;
using list = std::vector<std::string>;

class request_fields : public ::testing::Test {
 protected:
  accepted_request const& accept(std::string const& raw) {
    head_.emplace(raw);
    verdict_ = check_request(head_->request(), {});
    return std::get<accepted_request>(verdict_);
  }
  std::optional<raw_head> head_;
  std::variant<accepted_request, rejection> verdict_;
};

TEST_F(request_fields, framing) {
  EXPECT_EQ(accept("GET / HTTP/1.1\r\nHost: h\r\n\r\n").framing.kind, body_kind::none);
  EXPECT_EQ(accept("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n").framing.kind,
            body_kind::chunked);
  auto const& length = accept("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0005\r\n\r\n");
  EXPECT_EQ(length.framing.kind, body_kind::length);
  EXPECT_EQ(length.framing.length, 5U);
  EXPECT_EQ(accept("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n").framing.kind,
            body_kind::length);
}

TEST_F(request_fields, safety) {
  struct row {
    std::string head;
    bool safe;
  };
  for (auto const& [head, safe] :
       {row{"GET / HTTP/1.1", true}, row{"HEAD / HTTP/1.1", true}, row{"OPTIONS / HTTP/1.1", true},
        row{"POST / HTTP/1.1", false}, row{"DELETE / HTTP/1.1", false},
        row{"GET / HTTP/1.1\r\nX-HTTP-Method-Override: DELETE", false},
        row{"GET / HTTP/1.1\r\nX-Method-Override: PUT", false},
        row{"POST / HTTP/1.1\r\nX-HTTP-Method-Override: GET", false}}) {
    EXPECT_EQ(accept(head + "\r\nHost: h\r\n\r\n").safe, safe) << head;
  }
  EXPECT_TRUE(accept("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n").head);
}

TEST_F(request_fields, persistence) {
  EXPECT_TRUE(accept("GET / HTTP/1.1\r\nHost: h\r\n\r\n").keep_alive);
  EXPECT_FALSE(accept("GET / HTTP/1.1\r\nHost: h\r\nConnection: x, Close\r\n\r\n").keep_alive);
  EXPECT_FALSE(accept("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").keep_alive);
}

TEST_F(request_fields, only_end_to_end_fields_are_passed_on) {  // 22 to 26
  auto const& got = accept(
      "POST / HTTP/1.1\r\nHost: h\r\nAccept: a\r\nConnection: close, x-internal, "
      "X-Forwarded-For\r\nX-Internal: 1\r\n"
      "Keep-Alive: timeout=5\r\nProxy-Connection: close\r\nTE: trailers\r\nUpgrade: "
      "h2c\r\nProxy-Authorization: x\r\n"
      "Trailer: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\nX_Forwarded_For: 1\r\nScript_Name: x\r\n"
      "X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Proto: https\r\nForwarded: for=x\r\nX-Real-IP: "
      "1\r\nFly-Client-IP: 1\r\n"
      "fly-replay-src: x\r\nlitefs-position: 1.x\r\nlitefs-hop: 1;x\r\nlitefs-proxied: "
      "1\r\nlitefs-committed: none\r\n"
      "Authorization: b\r\nCookie: c=d\r\nCookie: e=f\r\n\r\n");
  EXPECT_EQ(names(got.forward), (list{"Accept", "Authorization", "Cookie", "Cookie"}));
  EXPECT_EQ(names(got.forwarded),
            (list{"X-Forwarded-Proto", "Forwarded", "X-Real-IP", "Fly-Client-IP", "fly-replay-src"}));
  EXPECT_EQ(got.position, "1.x");
  EXPECT_EQ(got.hop, "1;x");
  EXPECT_EQ(got.cookie, "c=d");
  EXPECT_EQ(got.cookies, (std::vector<std::string_view>{"c=d", "e=f"}));
  EXPECT_TRUE(got.expect_continue);
  EXPECT_EQ(got.upgrade, "");
}

TEST_F(request_fields, a_repeated_or_nominated_position_is_none) {
  EXPECT_EQ(accept("GET / HTTP/1.1\r\nHost: h\r\nlitefs-position: a\r\nlitefs-position: b\r\n\r\n").position,
            "");
  EXPECT_EQ(accept("GET / HTTP/1.1\r\nHost: h\r\nlitefs-position: a\r\nConnection: litefs-position\r\n\r\n")
                .position,
            "");
}

TEST_F(request_fields, expect_without_a_body_is_ignored) {
  EXPECT_FALSE(accept("GET / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n\r\n").expect_continue);
  EXPECT_FALSE(
      accept("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n").expect_continue);
}

TEST_F(request_fields, max_forwards_counts_for_options_only) {
  auto const& options = accept("OPTIONS * HTTP/1.1\r\nHost: h\r\nMax-Forwards: 3\r\n\r\n");
  EXPECT_EQ(options.max_forwards, 3U);
  EXPECT_TRUE(options.forward.empty());
  EXPECT_EQ(options.origin_target, "*");
  auto const& other = accept("GET / HTTP/1.1\r\nHost: h\r\nMax-Forwards: 0\r\n\r\n");
  EXPECT_EQ(other.max_forwards, std::nullopt);
  EXPECT_EQ(names(other.forward), list{"Max-Forwards"});
}

TEST_F(request_fields, upgrade) {  // 37
  struct row {
    std::string head;
    std::string_view expected;
  };
  for (auto const& [head, expected] : {
           row{"GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: WebSocket", "WebSocket"},
           row{"GET / HTTP/1.1\r\nConnection: keep-alive, upgrade\r\nUpgrade: websocket", "websocket"},
           row{"GET / HTTP/1.1\r\nUpgrade: websocket", ""},
           row{"GET / HTTP/1.1\r\nConnection: upgrade", ""},
           row{"GET / HTTP/1.1\r\nConnection: upgrade, http2-settings\r\nUpgrade: h2c", ""},
           row{"GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\nUpgrade: x", ""},
           row{"GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: HTTP/2.0", ""},
           row{"GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket, tcp", ""},
           row{"GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: IRC/6.9", "IRC/6.9"},
           row{"POST / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: tcp", "tcp"},
           row{"POST / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: tcp\r\nContent-Length: 0", "tcp"},
           row{"POST / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: tcp\r\nContent-Length: 1", ""},
           row{"GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: websocket", ""},
       }) {
    EXPECT_EQ(accept(head + "\r\nHost: h\r\n\r\n").upgrade, expected) << head;
  }
}

TEST_F(request_fields, iequals_is_ascii) {
  EXPECT_TRUE(iequals("Content-LENGTH", "content-length"));
  EXPECT_FALSE(iequals("a", "ab"));
  EXPECT_FALSE(iequals("@", "`"));
}

}  // namespace
}  // namespace litefs
