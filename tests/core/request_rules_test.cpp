#include "litefs/request_rules.hpp"

#include "raw_head.hpp"

#include <gtest/gtest.h>

namespace litefs {
namespace {

using testing_heads::raw_head;

int status_of(std::string const& raw, rule_options const& options = {}) {
  raw_head const head(raw);
  auto const verdict = check_request(head.request(), options);
  auto const* rejected = std::get_if<rejection>(&verdict);
  return rejected ? rejected->status : 200;
}

// With `Host: h` in it.
std::string get(std::string const& fields, std::string const& line = "GET / HTTP/1.1") {
  return line + "\r\nHost: h\r\n" + fields + "\r\n";
}
std::string post(std::string const& fields) { return get(fields, "POST / HTTP/1.1"); }

TEST(request_rules, status_of_each_head) {
  struct row {
    std::string raw;
    int status;
  };
  std::string const cl = "Content-Length: 5\r\n";
  std::string const te = "Transfer-Encoding: chunked\r\n";
  for (auto const& [raw, status] : {
           row{get(""), 200},
           row{post(cl), 200},
           row{post(te), 200},
           row{post("Transfer-Encoding: CHUNKED\r\n"), 200},
           // 1-5: Transfer-Encoding
           row{post(cl + te), 400},
           row{post(te + cl), 400},
           row{post("Transfer-Encoding: gzip\r\n"), 400},
           row{post("Transfer-Encoding: identity\r\n"), 400},
           row{post("Transfer-Encoding: blegh\r\n" + cl), 400},
           row{post("Transfer-Encoding: chunked, identity\r\n"), 400},
           row{post("Transfer-Encoding: \"chunked\"\r\n"), 400},
           row{post("Transfer-Encoding: \xff"
                    "chunked\r\n"),
               400},
           row{post("Transfer-Encoding: chunked;a=b\r\n"), 400},
           row{post("Transfer-Encoding: gzip, chunked\r\n"), 501},
           row{post("Transfer-Encoding: ,chunked\r\n"), 200},
           row{post("Transfer-Encoding: chunked,\r\n"), 200},
           row{post("Transfer-Encoding: chunked, chunked\r\n"), 400},
           row{post(te + te), 400},
           row{post("Transfer-Encoding:\r\n"), 400},
           row{post("Transfer-Encoding: ,\r\n"), 400},
           row{"POST / HTTP/1.0\r\nHost: h\r\n" + te + "\r\n", 400},
           row{"POST / HTTP/1.0\r\nHost: h\r\n" + te + cl + "\r\n", 400},
           row{"POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n", 400},
           // 6, 7: Content-Length
           row{post(cl + cl), 400},
           row{post("Content-Length: 5, 5\r\n"), 400},
           row{post(cl + "Content-Length: 6\r\n"), 400},
           row{post("Content-Length:\r\n"), 400},
           row{post("Content-Length: +5\r\n"), 400},
           row{post("Content-Length: -1\r\n"), 400},
           row{post("Content-Length: 0x10\r\n"), 400},
           row{post("Content-Length: 5 5\r\n"), 400},
           row{post("Content-Length: 1_0\r\n"), 400},
           row{post("Content-Length: 1Z\r\n"), 400},
           row{post("Content-Length: 18446744073709551621\r\n"), 400},
           row{post("Content-Length: 0005\r\n"), 200},
           // 8: bodies on safe methods
           row{get(cl), 400},
           row{get(te), 400},
           row{get(cl, "HEAD / HTTP/1.1"), 400},
           row{get(cl, "OPTIONS / HTTP/1.1"), 400},
           row{get("Content-Length: 0\r\n"), 200},
           // 12-14: bytes of fields
           row{post(std::string("X: a\0b\r\n", 8)), 400},
           row{post("X: a\rb\r\n"), 400},
           row{post("X: a\x01\r\n"), 400},
           row{post("X: a\r\n b\r\n"), 400},
           row{post("X: a\r\n Content-Length: 38\r\n"), 400},
           row{post("X : a\r\n"), 400},
           row{post(" \r\n"), 400},
           row{post(": a\r\n"), 400},
           row{post("X(: a\r\n"), 400},
           row{post("X\x80: a\r\n"), 400},
           row{post("X: \xc3\xb6\r\n"), 200},
           // 15: lines and versions
           row{"GET / HTTP/1.1\nHost: h\n\n", 400},
           row{"GET / HTTP/1.1\r\nHost: h\n\r\n", 400},
           row{"\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", 200},
           row{"PRI * HTTP/2.0\r\n\r\n", 505},
           row{"GET / HTTP/1.2\r\nHost: h\r\n\r\n", 505},
           // 18, 19, 35: methods
           row{get("", "CONNECT h:80 HTTP/1.1"), 405},
           row{get("", "TRACE / HTTP/1.1"), 405},
           row{get("", "OPTIONS * HTTP/1.1"), 200},
           row{get("", "OPTIONS *?x HTTP/1.1"), 400},
           row{get("", "GET * HTTP/1.1"), 400},
           row{get("", "POsT / HTTP/1.1"), 501},
           row{get("", "FOO / HTTP/1.1"), 501},
           row{get("", "G@T / HTTP/1.1"), 400},
           row{get("", "PUT / HTTP/1.1"), 200},
           row{get("", "PATCH / HTTP/1.1"), 200},
           row{get("", "DELETE / HTTP/1.1"), 200},
           row{get("Max-Forwards: x\r\n", "OPTIONS / HTTP/1.1"), 400},
           row{get("Max-Forwards: x\r\n"), 200},
           // 20, 21: target and limits
           row{get("", "GET /a#b HTTP/1.1"), 400},
           row{get("", "GET /\xc3\xb6 HTTP/1.1"), 400},
           row{get("", "GET /a\x01 HTTP/1.1"), 400},
           row{get("", "GET /a\x7f HTTP/1.1"), 400},
           row{get("", "GET a HTTP/1.1"), 400},
           row{get("", "GET //x/y HTTP/1.1"), 200},
           row{get("", "GET /" + std::string(8000, 'a') + " HTTP/1.1"), 200},
           row{get("", "GET /" + std::string(8200, 'a') + " HTTP/1.1"), 414},
           row{post("Content-Length: 1073741824\r\n"), 200},
           row{post("Content-Length: 1073741825\r\n"), 413},
           // 23: Connection
           row{get("Connection: close, x-internal\r\n"), 200},
           row{get("Connection: Host\r\n"), 400},
           row{get("Connection: content-length\r\n"), 400},
           row{get("Connection: a, Transfer-Encoding\r\n"), 400},
           row{get("Connection: cookie\r\n"), 400},
           row{get("Connection: x\r\nConnection: authorization\r\n"), 400},
           row{get("Connection: a b\r\n"), 400},
           // 30, 38: hop, Expect
           row{get("litefs-hop: a\r\n"), 200},
           row{get("litefs-hop:\r\n"), 400},
           row{get("litefs-hop: a\r\nLitefs-Hop: b\r\n"), 400},
           row{get("litefs-hop: a\r\nConnection: litefs-hop\r\n"), 400},
           row{post(cl + "Expect: 100-continue\r\n"), 200},
           row{post(cl + "Expect: other\r\n"), 417},
           row{post(cl + "Expect : 100-continue\r\n"), 400},
           row{"POST / HTTP/1.0\r\n" + cl + "Expect: other\r\n\r\n", 200},
       }) {
    EXPECT_EQ(status_of(raw), status) << raw;
  }
}

TEST(request_rules, counts_fields) {
  std::string many;
  for (int i = 0; i < 99; ++i) many += "X: y\r\n";
  EXPECT_EQ(status_of(get(many)), 200);
  EXPECT_EQ(status_of(get(many + "X: y\r\n")), 431);
}

TEST(request_rules, options_open_what_is_closed) {
  rule_options with_methods;
  with_methods.extra_methods = {"PROPFIND"};
  rule_options with_body;
  with_body.body_on_safe_methods = true;
  rule_options with_max;
  with_max.body_max = 4;
  rule_options without_max;
  without_max.body_max = 0;
  EXPECT_EQ(status_of(get("", "PROPFIND / HTTP/1.1"), with_methods), 200);
  EXPECT_EQ(status_of(get("Content-Length: 5\r\n"), with_body), 200);
  EXPECT_EQ(status_of(post("Content-Length: 5\r\n"), with_max), 413);
  EXPECT_EQ(status_of(post("Content-Length: 1073741825\r\n"), without_max), 200);
}

TEST(request_rules, host) {  // 16, 17
  struct row {
    std::string head;
    int status;
    std::string_view host;
    std::string_view target;
  };
  for (auto const& [head, status, host, target] : {
           row{"GET / HTTP/1.1\r\nHost: Example.com:8081", 200, "Example.com:8081", "/"},
           row{"GET / HTTP/1.1\r\nHost: [::1]:80", 200, "[::1]:80", "/"},
           row{"GET / HTTP/1.0\r\nX: y", 200, "", "/"},
           row{"GET http://h/a?b HTTP/1.1\r\nHost: H", 200, "H", "/a?b"},
           row{"GET https://h HTTP/1.1\r\nHost: h", 200, "h", "/"},
           row{"OPTIONS http://h HTTP/1.1\r\nHost: h", 200, "h", "*"},
           row{"GET http://h/ HTTP/1.0\r\nX: y", 200, "h", "/"},
           row{"GET http://other/ HTTP/1.1\r\nHost: h", 400, "", ""},
           row{"GET http://a@h/ HTTP/1.1\r\nHost: a@h", 400, "", ""},
           row{"GET http://h?x HTTP/1.1\r\nHost: h", 400, "", ""},
           row{"GET ftp://h/ HTTP/1.1\r\nHost: h", 400, "", ""},
           row{"GET http:/// HTTP/1.1\r\nHost: h", 400, "", ""},
           row{"GET / HTTP/1.1\r\nX: y", 400, "", ""},
           row{"GET / HTTP/1.1\r\nHost: h\r\nHost: h", 400, "", ""},
           row{"GET / HTTP/1.1\r\nHost:", 400, "", ""},
           row{"GET / HTTP/1.1\r\nHost: a, b", 400, "", ""},
           row{"GET / HTTP/1.1\r\nHost: a@b", 400, "", ""},
           row{"GET / HTTP/1.1\r\nHost: a/b", 400, "", ""},
           row{"GET / HTTP/1.1\r\nHost: a b", 400, "", ""},
           row{"GET / HTTP/1.1\r\nHost: a:", 400, "", ""},
           row{"GET / HTTP/1.1\r\nHost: a:x", 400, "", ""},
           row{"GET / HTTP/1.1\r\nHost: a:65536", 400, "", ""},
           row{"GET / HTTP/1.1\r\nHost: :80", 400, "", ""},
           row{"GET / HTTP/1.1\r\nHost: [::1", 400, "", ""},
           row{"GET / HTTP/1.1\r\nHost: [::1]x", 400, "", ""},
           row{"GET / HTTP/1.1\r\nHost: [x]", 400, "", ""},
       }) {
    std::string const raw = head + "\r\n\r\n";
    EXPECT_EQ(status_of(raw), status) << head;
    raw_head const split(raw);
    auto const verdict = check_request(split.request(), {});
    if (auto const* accepted = std::get_if<accepted_request>(&verdict)) {
      EXPECT_EQ(accepted->host, host) << head;
      EXPECT_EQ(accepted->origin_target, target) << head;
    }
  }
}

}  // namespace
}  // namespace litefs
