// Request smuggling: twenty ways to hide a second request in a first one. None may reach the app.
#include <gtest/gtest.h>

#include "front_door.hpp"
#include "scripted_upstream.hpp"

namespace litefs::proxy::test {
namespace {

constexpr std::string_view ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
constexpr std::string_view hidden = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n";

struct attempt {
  std::string_view name;
  std::string fields;  // after Host
  std::string body;    // before the hidden request
};

std::vector<attempt> attempts() {
  std::string const te = "Transfer-Encoding: chunked\r\n";
  std::string const last = "0\r\n\r\n";
  return {
      {"CL.TE", "Content-Length: 40\r\n" + te, last},
      {"TE.CL", te + "Content-Length: 4\r\n", "5c\r\n"},
      {"TE.TE obfuscated", "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n", last},
      {"TE xchunked", "Transfer-Encoding: xchunked\r\n", last},
      {"TE with tab", "Transfer-Encoding:\tchunked, identity\r\n", last},
      {"TE quoted", "Transfer-Encoding: \"chunked\"\r\n", last},
      {"TE space before colon", "Transfer-Encoding : chunked\r\n", last},
      {"TE folded", "Transfer-Encoding:\r\n chunked\r\n", last},
      {"TE after bare CR", "X: a\rTransfer-Encoding: chunked\r\n", last},
      {"TE after bare LF", "X: a\nTransfer-Encoding: chunked\r\n", last},
      {"CL twice", "Content-Length: 0\r\nContent-Length: 40\r\n", ""},
      {"CL list", "Content-Length: 0, 40\r\n", ""},
      {"CL with sign", "Content-Length: +0\r\n", ""},
      {"CL wraps to 0", "Content-Length: 18446744073709551616\r\n", ""},
      {"CL nominated", "Connection: content-length\r\nContent-Length: 0\r\n", ""},
      {"chunk size 0x0", te, "0x0\r\n\r\n"},
      {"chunk size wraps", te, "10000000000000000\r\n\r\n"},
      {"chunk line ends by LF", te, "0\n\r\n"},
      {"LF in a chunk extension", te, "5;a\n0\r\n\r\n"},
      {"data longer than its chunk", te, "1\r\nXX0\r\n\r\n"},
  };
}

TEST(smuggling, no_hidden_request_reaches_the_app) {
  scripted_upstream upstream{std::string(ok)};
  front_door door(single_config(upstream.port()));
  ASSERT_EQ(attempts().size(), 20U);
  for (auto const& a : attempts()) {
    SCOPED_TRACE(a.name);
    auto client = door.connect();
    client.send("POST /first HTTP/1.1\r\nHost: h\r\n" + a.fields + "\r\n" + a.body + std::string(hidden));
    auto const answer = client.receive_all();
    EXPECT_EQ(status_of(answer), 400);
    EXPECT_EQ(answer.find("HTTP/1.1", 1), std::string::npos) << "a second answer";
    EXPECT_FALSE(client.timed_out) << "the connection stayed open";
  }
  EXPECT_EQ(upstream.received().find("smuggled"), std::string::npos);
}

// The same inside a body of honest length is data.
TEST(smuggling, a_request_inside_a_body_is_data) {
  scripted_upstream upstream{std::string(ok)};
  front_door door(single_config(upstream.port()));
  auto const body = std::string(hidden);
  auto const answer =
      door.ask("POST /first HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) +
               "\r\n\r\n" + body);
  EXPECT_EQ(status_of(answer), 200);
  EXPECT_TRUE(upstream.received().ends_with("\r\n\r\n" + body));
}

}  // namespace
}  // namespace litefs::proxy::test
