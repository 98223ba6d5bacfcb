#include "litefs/cookie.hpp"

#include <gtest/gtest.h>

namespace litefs {
namespace {

constexpr std::string_view one = "1.0000000a-0000000000000002-00000000000000ff";

demand make(std::uint32_t database, std::uint64_t id, std::uint64_t checksum = 0) {
  return {database, {txid{id}, checksum}};
}

TEST(cookie, reads_and_writes_demands) {
  EXPECT_EQ(*parse_demands(one), (demands{make(10, 2, 255)}));
  demands const two{make(0xffffffff, ~0ULL, ~0ULL), make(1, 1, 1)};
  EXPECT_EQ(format_demands(two),
            "1.ffffffff-ffffffffffffffff-ffffffffffffffff.00000001-0000000000000001-0000000000000001");
  EXPECT_EQ(*parse_demands(format_demands(two)), two);
  EXPECT_EQ(format_demands({}), "");
}

TEST(cookie, rejects_every_other_form) {
  demands many;
  for (std::uint32_t i = 0; i <= max_demands; ++i) many.push_back(make(i, 1));
  for (std::string const& text :
       {std::string(), std::string("1."), std::string("1"), "2" + std::string(one.substr(1)),
        std::string(one) + ".", std::string(one) + " ", std::string(one) + std::string(one.substr(1)),
        std::string(one.substr(0, 43)), std::string("1.0000000a-00000000000000002-00000000000000ff"),
        std::string("1.0000000a--000000000000002-00000000000000ff"),
        std::string("1.-000000a-0000000000000002-00000000000000ff"),
        std::string("1.0000000a-000000000000000g-00000000000000ff"),
        std::string("1.0000000a_0000000000000002-00000000000000ff"), format_demands(many)}) {
    EXPECT_EQ(parse_demands(text).error(), errc::bad_cookie) << text;
  }
}

TEST(cookie, merge_advances_and_keeps_the_bound) {
  EXPECT_EQ(merge({make(1, 5, 5)}, {make(1, 4, 4)}), (demands{make(1, 5, 5)}));
  EXPECT_EQ(merge({make(1, 5, 5)}, {make(1, 5, 6)}), (demands{make(1, 5, 6)}));
  EXPECT_EQ(merge({make(1, 5)}, {make(1, 6), make(2, 1)}), (demands{make(1, 6), make(2, 1)}));
  demands full;
  for (std::uint32_t i = 0; i < max_demands; ++i) full.push_back(make(i, 1));
  auto const merged = merge(full, {make(0, 2), make(99, 1)});
  ASSERT_EQ(merged.size(), max_demands);
  EXPECT_EQ(merged.front(), make(2, 1));  // 1 moved longest ago and went
  EXPECT_EQ(merged[max_demands - 2], make(0, 2));
  EXPECT_EQ(merged.back(), make(99, 1));
}

TEST(cookie, is_found_among_others) {
  std::string const value(one);
  struct row {
    std::string header;
    std::string_view expected;
  };
  for (auto const& [header, expected] :
       {row{"p=" + value, one}, row{"a=b; p=" + value + "; c=d", one}, row{"a=b;p=" + value, one},
        row{"xp=" + value, ""}, row{"p", ""}, row{"", ""}, row{"p=bad", "bad"},
        row{"p=" + value + "; p=bad", one}, row{"p=bad; p=" + value, one}, row{"p =" + value, ""},
        row{";;p=" + value + ";;", one}}) {
    EXPECT_EQ(find_cookie(header, "p"), expected) << header;
  }
}

TEST(cookie, set_cookie_attributes) {
  cookie_attributes attributes;
  EXPECT_EQ(make_set_cookie("v", attributes, false),
            "litefs-position=v; Path=/; Max-Age=300; HttpOnly; SameSite=Lax");
  attributes.domain = "example.com";
  attributes.same_site = "Strict";
  EXPECT_EQ(make_set_cookie("v", attributes, true),
            "litefs-position=v; Path=/; Max-Age=300; HttpOnly; SameSite=Strict; Domain=example.com; Secure");
  EXPECT_EQ(make_clear_cookie({}, false), "litefs-position=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
}

TEST(cookie, committed_positions) {
  std::vector<database_position> const two{{"db.sqlite3", {txid{2}, 3}}, {"a=b", {txid{4}, 5}}};
  EXPECT_EQ(*parse_committed(format_committed(two)), two);
  EXPECT_EQ(format_committed({}), "none");
  EXPECT_TRUE(parse_committed("none")->empty());
  EXPECT_EQ(
      parse_committed("d=0000000000000001/0000000000000002,e=0000000000000001/0000000000000002")->size(), 2U);
  for (std::string_view const text :
       {"", " ", "d", "d=", "=0000000000000001/0000000000000002", "d=1/2",
        "d=0000000000000001/0000000000000002,",
        "d=0000000000000001/0000000000000002,,e=0000000000000001/0000000000000002", "none, none",
        "d=0000000000000001/0000000000000002\n"}) {
    EXPECT_EQ(parse_committed(text).error(), errc::bad_position) << text;
  }
}

}  // namespace
}  // namespace litefs
