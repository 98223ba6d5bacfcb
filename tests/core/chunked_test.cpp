#include "litefs/chunked.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace litefs {
namespace {

struct outcome {
  std::string body;
  bool done = false;
  std::size_t consumed = 0;
  boost::system::error_code error;
  bool operator==(outcome const&) const = default;
};

// Feeds the pieces one after another, as a session does.
outcome decode(std::vector<std::string_view> pieces, chunk_decoder::options options = {}) {
  chunk_decoder decoder(options);
  outcome out;
  for (auto piece : pieces) {
    while (!piece.empty() && !out.done) {
      auto const step = decoder.feed(piece);
      if (!step) {
        out.error = step.error();
        return out;
      }
      out.body += step->data;
      out.consumed += step->consumed;
      out.done = step->done;
      piece.remove_prefix(step->consumed);
    }
  }
  return out;
}

// The outcome must not depend on where the bytes are split: at each offset, and at all of them.
outcome decode_split(std::string_view input, chunk_decoder::options options = {}) {
  auto const whole = decode({input}, options);
  std::vector<std::string_view> bytes;
  for (std::size_t i = 0; i <= input.size(); ++i) {
    auto const split = decode({input.substr(0, i), input.substr(i)}, options);
    EXPECT_EQ(split.done, whole.done) << input << " split at " << i;
    EXPECT_EQ(split.error, whole.error) << input << " split at " << i;
    if (whole.done) {
      EXPECT_EQ(split, whole) << input << " split at " << i;
    }
    if (i < input.size()) bytes.push_back(input.substr(i, 1));
  }
  auto const single = decode(bytes, options);
  EXPECT_EQ(single.error, whole.error) << input;
  if (whole.done) {
    EXPECT_EQ(single, whole) << input;
  }
  return whole;
}

TEST(chunked, decodes_valid_bodies) {
  struct row {
    std::string_view input;
    std::string_view body;
    std::size_t left = 0;
  };
  for (auto const& [input, body, left] : {
           row{"0\r\n\r\n", ""},
           row{"5\r\nhello\r\n0\r\n\r\n", "hello"},
           row{"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", "hello world"},
           row{"A\r\n0123456789\r\n0\r\n\r\n", "0123456789"},
           row{"0000000000000005\r\nhello\r\n0\r\n\r\n", "hello"},
           row{"5;a=b\r\nhello\r\n0;c=\"d;e\"\r\n\r\n", "hello"},
           row{"000\r\n\r\n", ""},
           row{"2\r\n\r\n\r\n0\r\n\r\n", "\r\n"},
           row{"0\r\nX: y\r\nZ:\r\n\r\n", ""},
           row{"0\r\n\r\nGET / HTTP/1.1\r\n", "", 16},
           row{"1\r\na\r\n0\r\n\r\n\r\n", "a", 2},
       }) {
    auto const got = decode_split(input);
    EXPECT_FALSE(got.error) << input;
    EXPECT_TRUE(got.done) << input;
    EXPECT_EQ(got.body, body) << input;
    EXPECT_EQ(got.consumed, input.size() - left) << input;
  }
}

TEST(chunked, rejects_everything_not_strictly_valid) {
  for (std::string_view const input : {
           std::string_view("0x5\r\nhello\r\n"),
           std::string_view("+5\r\nhello\r\n"),
           std::string_view("-0\r\n\r\n"),
           std::string_view("0_2\r\nab\r\n"),
           std::string_view(" 5\r\nhello\r\n"),
           std::string_view("5 \r\nhello\r\n"),
           std::string_view("\r\n"),
           std::string_view("Z\r\n"),
           std::string_view(";a\r\n"),
           std::string_view("10000000000000000\r\n"),
           std::string_view("00000000000000005\r\nhello\r\n"),
           std::string_view("5\nhello\r\n"),
           std::string_view("5\rhello\r\n"),
           std::string_view("5\r\rhello"),
           std::string_view("5;a\nhello\r\n"),
           std::string_view("5;a\rb\r\nhello\r\n"),
           std::string_view("5;a=\"\n\"\r\nhello"),
           std::string_view("5;a=\"\0\"\r\nhello", 14),
           std::string_view("5\r\nhelloXX"),
           std::string_view("5\r\nhello\n0\r\n\r\n"),
           std::string_view("5\r\nhello0\r\n\r\n"),
           std::string_view("0\r\nXX\r\n"),
           std::string_view("0\r\n\n"),
           std::string_view("0\r\nX : y\r\n\r\n"),
           std::string_view("0\r\n X: y\r\n\r\n"),
           std::string_view("0\r\n: y\r\n\r\n"),
           std::string_view("0\r\nX: y\n\r\n"),
           std::string_view("0\r\nX: \0\r\n\r\n", 11),
           std::string_view("0\r\nX: y\rz\r\n\r\n"),
       }) {
    EXPECT_EQ(decode_split(input).error, errc::bad_chunk) << input;
  }
}

TEST(chunked, incomplete_is_neither_done_nor_wrong) {
  std::string_view const all = "5;a\r\nhello\r\n0\r\nX: y\r\n\r\n";
  for (std::size_t n = 0; n < all.size(); ++n) {
    auto const got = decode({all.substr(0, n)});
    EXPECT_FALSE(got.done) << n;
    EXPECT_FALSE(got.error) << n;
    EXPECT_EQ(got.consumed, n);
  }
}

TEST(chunked, bounds) {
  auto const too_long = boost::system::errc::make_error_code(boost::system::errc::message_size);
  EXPECT_EQ(decode_split("5\r\nhello\r\n0\r\n\r\n", {.body_max = 5}).body, "hello");
  EXPECT_EQ(decode_split("5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n", {.body_max = 5}).error, too_long);
  EXPECT_EQ(decode_split("ffffffffffffffff\r\n").error, too_long);
  EXPECT_EQ(decode_split("1\r\na\r\nffffffffffffffff\r\n", {.body_max = 0}).error, errc::bad_chunk);
  EXPECT_EQ(decode_split("1;abc\r\na\r\n0\r\nX: y\r\n\r\n", {.overhead_max = 10}).done, true);
  EXPECT_EQ(decode_split("1;abc\r\na\r\n0;abcdefg\r\n\r\n", {.overhead_max = 10}).error, errc::bad_chunk);
  EXPECT_EQ(decode_split("0\r\nX: abcdefgh\r\n\r\n", {.overhead_max = 10}).error, errc::bad_chunk);
}

TEST(chunked, after_an_error_nothing_is_accepted) {
  chunk_decoder decoder;
  EXPECT_FALSE(decoder.feed("Z"));
  EXPECT_FALSE(decoder.feed("0\r\n\r\n"));
}

TEST(chunked, data_lies_in_the_input) {
  chunk_decoder decoder;
  std::string_view const input = "5\r\nhello\r\n";
  auto const step = decoder.feed(input);
  ASSERT_TRUE(step);
  EXPECT_EQ(step->data.data(), input.data() + 3);
  EXPECT_EQ(step->consumed, 8U);
}

}  // namespace
}  // namespace litefs
