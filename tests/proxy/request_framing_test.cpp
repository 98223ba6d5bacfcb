// Where a request's body ends, byte for byte: what is ambiguous is refused, what is not is framed anew.
#include "byte_rows.hpp"

namespace litefs::proxy::test {
namespace {

std::string const te = "Transfer-Encoding: chunked\r\n";
std::string const last = "0\r\n\r\n";

std::string coded(std::string_view value) { return "Transfer-Encoding:" + std::string(value) + "\r\n"; }
std::string sized(std::string_view value) { return "Content-Length:" + std::string(value) + "\r\n"; }
std::string in_1_0(std::string const& fields) { return "POST /p HTTP/1.0\r\nHost: h\r\n" + fields + "\r\n"; }

std::vector<byte_row> lengths() {
  std::string const whole = "POST /p HTTP/1.1\r\nHost: h\r\n|Content-Length: 5\r\n\r\nhello";
  return {
      {"post", post_with(sized(" 5"), "hello"), 200, whole},
      {"leading zeros are normalised", post_with(sized(" 0005"), "hello"), 200, whole},
      {"blanks around it", post_with(sized("\t5 "), "hello"), 200, whole},
      {"nothing", post_with(sized(" 0")), 200, "POST /p HTTP/1.1\r\nHost: h\r\n|Content-Length: 0\r\n\r\n"},
      {"no length of a post", post_with(""), 200, "POST /p HTTP/1.1\r\nHost: h\r\n|\r\n"},
      {"no length of a get", get_with(sized(" 0")), 200, "GET /g HTTP/1.1\r\nHost: h\r\n|\r\n"},
  };
}

// `upstream` is the data alone.
std::vector<byte_row> chunked() {
  return {
      {"one chunk", post_with(te, "5\r\nhello\r\n" + last), 200, "hello"},
      {"two chunks", post_with(te, "2\r\nhe\r\n3\r\nllo\r\n" + last), 200, "hello"},
      {"no chunk", post_with(te, last), 200, ""},
      {"capitals and zeros", post_with(te, "0000000000A\r\n0123456789\r\n00\r\n\r\n"), 200, "0123456789"},
      {"extensions go", post_with(te, "5;ext=\"a;b\";c\r\nhello\r\n0;x\r\n\r\n"), 200, "hello"},
      {"trailers go",
       post_with(te,
                 "5\r\nhello\r\n0\r\nContent-Length: 3\r\nTransfer-Encoding: x\r\nHost: i\r\n"
                 "Authorization: x\r\nCookie: x\r\nX-Forwarded-For: x\r\nfly-replay: x\r\n\r\n"),
       200, "hello"},
      {"empty elements before", post_with(coded(" ,chunked"), "5\r\nhello\r\n" + last), 200, "hello"},
      {"empty elements after", post_with(coded(" Chunked ,"), "5\r\nhello\r\n" + last), 200, "hello"},
  };
}

std::vector<byte_row> rejected_codings() {
  return {
      {"cl and te", post_with(sized(" 5") + te, last), 400, ""},
      {"te and cl", post_with(te + sized(" 5"), last), 400, ""},
      {"te identity", post_with(coded(" identity")), 400, ""},
      {"te gzip", post_with(coded(" gzip")), 400, ""},
      {"te unknown", post_with(coded(" blegh")), 400, ""},
      {"te empty", post_with(coded("")), 400, ""},
      {"te chunked, identity", post_with(coded(" chunked, identity")), 400, ""},
      {"te chunked twice", post_with(coded(" chunked, chunked"), last), 400, ""},
      {"te with a parameter", post_with(coded(" chunked;a=b"), last), 400, ""},
      {"te quoted", post_with(coded(" \"chunked\""), last), 400, ""},
      {"te with obs-text",
       post_with(coded(" \xa0"
                       "chunked"),
                 last),
       400, ""},
      {"te gzip, chunked", post_with(coded(" gzip, chunked"), last), 501, ""},
      {"te gzip then cl", post_with(coded(" gzip") + sized(" 5"), "hello"), 400, ""},
      {"te identity then cl", post_with(coded(" identity") + sized(" 5"), "hello"), 400, ""},
      {"te twice", post_with(te + te, last), 400, ""},
      {"te on two lines", post_with(coded(" gzip") + te, last), 400, ""},
      {"te folded", post_with("Transfer-Encoding:\r\n chunked\r\n", last), 400, ""},
      {"te after a space", post_with("Transfer-Encoding : chunked\r\n", last), 400, ""},
      {"te in 1.0", in_1_0(te) + last, 400, ""},
      {"te and cl in 1.0", in_1_0(te + sized(" 5")) + last, 400, ""},
      {"te gzip in 1.0", in_1_0(coded(" gzip")), 400, ""},
  };
}

std::vector<byte_row> rejected_lengths() {
  std::vector<byte_row> rows{
      {"equal cls", post_with(sized(" 5") + sized(" 5"), "hello"), 400, ""},
      {"differing cls", post_with(sized(" 5") + sized(" 6"), "hello"), 400, ""},
      {"folded cl", post_with("A: b\r\n Content-Length: 38\r\n"), 400, ""},
      {"cl after a space", post_with("Content-Length : 5\r\n", "hello"), 400, ""},
      {"body on get", get_with(sized(" 5")) + "hello", 400, ""},
      {"body on head", "HEAD /g HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx", 400, ""},
      {"body on options", "OPTIONS /g HTTP/1.1\r\nHost: h\r\n" + te + "\r\n" + last, 400, ""},
  };
  for (std::string_view const value :
       {"", " 5, 5", " 5,", " +5", " -1", " 0x10", " 5 5", " 1_0", " 1Z", " 5.0", " 18446744073709551621"})
    rows.push_back({value, post_with(sized(value), "hello"), 400, ""});
  return rows;
}

// What comes after a head that says `chunked`. The head may have gone on already: the target must see that
// the body is cut off, and its connection ends.
std::vector<byte_row> rejected_chunks() {
  std::vector<byte_row> rows{
      {"no size", "\r\nhello\r\n" + last, 400, ""},
      {"more than 16 digits", "00000000000000005\r\nhello\r\n" + last, 400, ""},
      {"a size that wraps", "10000000000000005\r\nhello\r\n" + last, 400, ""},
      {"sizes that wrap together", "5\r\nhello\r\nffffffffffffffff\r\n" + last, 413, ""},
      {"bare lf", "5\nhello\r\n" + last, 400, ""},
      {"bare cr", "5\rhello\r\n" + last, 400, ""},
      {"bare lf after the data", "5\r\nhello\n" + last, 400, ""},
      {"no end after the data", "5\r\nhello" + last, 400, ""},
      {"bare lf in the end", "5\r\nhello\r\n0\n\r\n", 400, ""},
      {"something in the end", "5\r\nhello\r\n0\r\nXX\r\n\r\n", 400, ""},
      {"lf in an extension", "5;a\nb\r\nhello\r\n" + last, 400, ""},
      {"cr in an extension", "5;a\rb\r\nhello\r\n" + last, 400, ""},
      {"lf in a quoted extension", "5;a=\"\n\"\r\nhello\r\n" + last, 400, ""},
      {"nul in a quoted extension", std::string("5;a=\"\0\"\r\nhello\r\n", 16) + last, 400, ""},
      {"a folded trailer", "5\r\nhello\r\n0\r\nA: b\r\n c\r\n\r\n", 400, ""},
      {"nul in a trailer", std::string("5\r\nhello\r\n0\r\nA: \0\r\n\r\n", 21), 400, ""},
  };
  for (std::string_view const size : {"0x5", "+5", "-0", "0_2", " 5", "5 ", "Z", "5,"})
    rows.push_back({size, std::string(size) + "\r\nhello\r\n" + last, 400, ""});
  // Behind a byte, so that no split falls between the head and the body, and "" is no row of its own.
  for (auto& r : rows) r.input = post_with(te, r.input);
  return rows;
}

TEST(request_framing, lengths_are_written_anew) {
  scripted_upstream upstream{std::string(ok_answer)};
  expect_accepted(single_config(upstream.port()), upstream, lengths());
}

TEST(request_framing, chunked_bodies_arrive_whole_and_framed_anew) {
  scripted_upstream upstream{std::string(ok_answer)};
  front_door door(single_config(upstream.port()));
  each_split(chunked(), &byte_row::input, [&](byte_row const& r, std::size_t split) {
    upstream.forget();
    ASSERT_EQ(status_when_split(door, r.input, split), r.status);
    auto const got = upstream.received();
    ASSERT_EQ(unchunked(got), r.upstream) << got;
    ASSERT_EQ(got.find("ext"), std::string::npos) << got;
    auto const head = got.substr(0, got.find("\r\n\r\n"));
    for (auto const* const name : {"Authorization", "Cookie", "Content-Length", "fly-"})
      ASSERT_EQ(head.find(name), std::string::npos) << got;
  });
}

TEST(request_framing, bodies_on_safe_methods_go_with_their_framing_where_allowed) {
  scripted_upstream upstream{std::string(ok_answer)};
  auto config = single_config(upstream.port());
  config.body_on_safe_methods = true;
  expect_accepted(std::move(config), upstream,
                  {{"get", get_with(sized(" 5")) + "hello", 200,
                    "GET /g HTTP/1.1\r\nHost: h\r\n|Content-Length: 5\r\n\r\nhello"}});
}

TEST(request_framing, an_ambiguous_coding_reaches_nobody) { expect_rejected(rejected_codings()); }

TEST(request_framing, an_ambiguous_length_reaches_nobody) { expect_rejected(rejected_lengths()); }

TEST(request_framing, a_bad_chunk_is_never_the_end_of_a_body) {
  std::atomic<int> whole{0};
  scripted_upstream upstream([&](raw_socket& s, scripted_upstream& self) {
    while (!self.next_request(s).empty()) ++whole;
  });
  auto config = single_config(upstream.port());
  front_door door(std::move(config));
  each_split(rejected_chunks(), &byte_row::input, [&](byte_row const& r, std::size_t split) {
    ASSERT_EQ(status_when_split(door, r.input, split), r.status);
  });
  EXPECT_EQ(whole, 0);
  EXPECT_EQ(upstream.received().find("\r\n" + last), std::string::npos);
}

TEST(request_framing, extensions_and_trailers_are_bounded_together) {
  scripted_upstream upstream{std::string(ok_answer)};
  front_door door(single_config(upstream.port()));
  std::string const extension = "1;" + std::string(10'000, 'x') + "\r\na\r\n";
  EXPECT_EQ(status_of(door.ask(post_with(te, extension + last))), 200);
  EXPECT_EQ(status_of(door.ask(post_with(te, extension + extension + last))), 400);
  EXPECT_EQ(status_of(door.ask(post_with(te, "0\r\nA: " + std::string(20'000, 'x') + "\r\n\r\n"))), 400);
}

}  // namespace
}  // namespace litefs::proxy::test
