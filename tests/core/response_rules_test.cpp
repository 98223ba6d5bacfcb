#include "litefs/request_rules.hpp"
#include "raw_head.hpp"

#include <gtest/gtest.h>

namespace litefs {
namespace {

using testing_heads::names;
using testing_heads::raw_head;
using list = std::vector<std::string>;

class response_rules : public ::testing::Test {
 protected:
  accepted_response const* check(std::string const& raw, bool head_request = false, bool fly_fields = false) {
    head_.emplace(raw);
    verdict_ = check_response(head_->response(), head_request, fly_fields);
    return std::get_if<accepted_response>(&verdict_);
  }
  std::optional<raw_head> head_;
  std::variant<accepted_response, rejection> verdict_;
};

TEST_F(response_rules, framing_of_each_head) {  // 41, 42
  struct row {
    std::string head;
    bool head_request;
    body_kind kind;
    bool keep_alive;
  };
  for (auto const& [head, head_request, kind, keep_alive] : {
           row{"HTTP/1.1 200 OK\r\nContent-Length: 5", false, body_kind::length, true},
           row{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked", false, body_kind::chunked, true},
           row{"HTTP/1.1 200 OK\r\nX: y", false, body_kind::until_close, false},
           row{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close", false, body_kind::length, false},
           row{"HTTP/1.0 200 OK\r\nContent-Length: 5", false, body_kind::length, false},
           row{"HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive", false, body_kind::length,
               true},
           row{"HTTP/1.1 200 OK\r\nContent-Length: 5", true, body_kind::none, false},
           row{"HTTP/1.1 200 OK\r\nX: y", true, body_kind::none, true},
           row{"HTTP/1.1 204 No\r\nX: y", false, body_kind::none, true},
           row{"HTTP/1.1 204 No\r\nContent-Length: 0", false, body_kind::none, true},
           row{"HTTP/1.1 204 No\r\nContent-Length: 5", false, body_kind::none, false},
           row{"HTTP/1.1 204 No\r\nTransfer-Encoding: chunked", false, body_kind::none, false},
           row{"HTTP/1.1 304 Not\r\nContent-Length: 5", false, body_kind::none, false},
           row{"HTTP/1.1 103 Early\r\nLink: x", false, body_kind::none, true},
           row{"HTTP/1.1 103 Early\r\nContent-Length: 5", false, body_kind::none, false},
       }) {
    auto const* got = check(head + "\r\n\r\n", head_request);
    ASSERT_NE(got, nullptr) << head;
    EXPECT_EQ(got->framing.kind, kind) << head;
    EXPECT_EQ(got->keep_alive, keep_alive) << head;
  }
}

TEST_F(response_rules, rejects_what_could_be_read_in_two_ways) {
  for (std::string const& head : {
           std::string("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked"),
           std::string("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5"),
           std::string("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6"),
           std::string("HTTP/1.1 200 OK\r\nContent-Length: 5, 5"),
           std::string("HTTP/1.1 200 OK\r\nContent-Length: x"),
           std::string("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked"),
           std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked"),
           std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip"),
           std::string("HTTP/1.1 200 OK\r\nX: a\r\n b"),
           std::string("HTTP/1.1 200 OK\r\nX : a"),
           std::string("HTTP/1.1 200 OK\r\nX: a\0b", 23),
           std::string("HTTP/1.1 200 OK\nX: a"),
           std::string("HTTP/1.1 999 OK\r\nX: a"),
           std::string("HTTP/1.1 099 OK\r\nX: a"),
           std::string("HTTP/1.1 101 Switching\r\nX: y"),
           std::string("HTTP/1.1 101 Switching\r\nUpgrade: websocket"),
           std::string("HTTP/1.1 200 OK\r\nConnection: a b"),
           std::string("HTTP/2.0 200 OK\r\nX: y"),
       }) {
    EXPECT_EQ(check(head + "\r\n\r\n"), nullptr) << head;
    EXPECT_EQ(std::get<rejection>(verdict_).status, 502) << head;
  }
}

TEST_F(response_rules, internal_and_platform_fields_are_taken_out) {  // 27
  auto const* got = check(
      "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nlitefs-committed: a\r\nlitefs-replay: primary\r\n"
      "litefs-not-executed: x\r\nLitefs-Else: y\r\nfly-replay: region=x\r\nFly-Replay-Cache: "
      "x\r\nSet-Cookie: a=b\r\n"
      "Connection: x-hop\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nContent-Length: 5\r\nTrailer: x\r\n\r\n");
  ASSERT_NE(got, nullptr);
  EXPECT_EQ(names(got->forward), (list{"Content-Type", "Set-Cookie"}));
  EXPECT_EQ(got->committed, "a");
  EXPECT_EQ(got->replay, "primary");
  EXPECT_EQ(got->not_executed, "x");
  auto const* replay = check("HTTP/1.1 200 OK\r\nContent-Type: Application/vnd.fly.replay+json; a=b\r\n\r\n");
  ASSERT_NE(replay, nullptr);
  EXPECT_TRUE(replay->forward.empty());
  auto const* allowed = check(
      "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.fly.replay+json\r\nfly-replay: app=x\r\n"
      "litefs-replay: primary\r\n\r\n",
      false, true);
  ASSERT_NE(allowed, nullptr);
  EXPECT_EQ(names(allowed->forward), (list{"Content-Type", "fly-replay"}));
}

TEST_F(response_rules, a_repeated_internal_field_is_none) {
  auto const* got = check("HTTP/1.1 503 No\r\nlitefs-not-executed: a\r\nlitefs-not-executed: b\r\n\r\n");
  ASSERT_NE(got, nullptr);
  EXPECT_EQ(got->not_executed, "");
}

TEST_F(response_rules, cache_control) {
  struct row {
    std::string value;
    bool shared;
    bool unshared;
  };
  for (auto const& [value, shared, unshared] :
       {row{"max-age=5", false, false}, row{"Public, max-age=5", true, false},
        row{"s-maxage = 5", true, false}, row{"private", false, true}, row{"no-store", false, true},
        row{"private=\"x\"", false, true}, row{"no-cache\r\nCache-Control: public", true, false}}) {
    auto const* got = check("HTTP/1.1 200 OK\r\nCache-Control: " + value + "\r\n\r\n");
    ASSERT_NE(got, nullptr);
    EXPECT_EQ(got->cache_shared, shared) << value;
    EXPECT_EQ(got->cache_unshared, unshared) << value;
  }
}

TEST_F(response_rules, lengths_without_a_body_and_upgrades) {
  EXPECT_EQ(check("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", true)->announced_length, 5U);
  EXPECT_EQ(check("HTTP/1.1 304 Not\r\nContent-Length: 7\r\n\r\n")->announced_length, 7U);
  EXPECT_EQ(check("HTTP/1.1 204 No\r\nContent-Length: 0\r\n\r\n")->announced_length, std::nullopt);
  auto const* upgraded =
      check("HTTP/1.1 101 S\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n");
  ASSERT_NE(upgraded, nullptr);
  EXPECT_TRUE(upgraded->upgrade);
  EXPECT_EQ(upgraded->protocol, "websocket");
  EXPECT_EQ(names(upgraded->forward), list{"Sec-WebSocket-Accept"});
}

}  // namespace
}  // namespace litefs
