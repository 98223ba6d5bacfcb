#include "litefs/duration.hpp"

#include <gtest/gtest.h>

namespace litefs {
namespace {

using namespace std::chrono_literals;

TEST(duration, reads_go_durations) {
  struct row {
    std::string_view text;
    std::chrono::nanoseconds expected;
  };
  for (auto const& [text, expected] :
       {row{"1.5s", 1500ms}, row{"2m30s", 150s}, row{"250ms", 250ms}, row{"1h", 1h}, row{"0s", 0s},
        row{"7ns", 7ns}, row{"3us", 3us}, row{"0.000000001s", 1ns}, row{"1.0000000009s", 1s},
        row{"720h", 720h}, row{"1h1h", 2h}, row{"0.1h", 6min}}) {
    auto const parsed = parse_duration(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(*parsed, expected) << text;
    EXPECT_EQ(*parse_duration(format_duration(*parsed)), *parsed) << text;
  }
}

TEST(duration, rejects_everything_else) {
  for (std::string_view const text : {"",
                                      "5",
                                      "0",
                                      "-1s",
                                      "+1s",
                                      "1",
                                      "s",
                                      "1d",
                                      "1 s",
                                      " 1s",
                                      "1s ",
                                      "1.s",
                                      ".5s",
                                      "1..5s",
                                      "721h",
                                      "719h61m",
                                      "99999999999999999999s",
                                      "1S",
                                      "1s2",
                                      "1e3s"}) {
    EXPECT_EQ(parse_duration(text).error(), errc::bad_duration) << text;
  }
}

TEST(duration, writes_the_shortest_form) {
  EXPECT_EQ(format_duration(0s), "0s");
  EXPECT_EQ(format_duration(25s), "25s");
  EXPECT_EQ(format_duration(600s), "10m");
  EXPECT_EQ(format_duration(1500ms), "1s500ms");
}

}  // namespace
}  // namespace litefs
