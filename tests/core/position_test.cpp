#include "litefs/position.hpp"

#include <gtest/gtest.h>

namespace litefs {
namespace {

TEST(position, reads_what_litefs_writes) {
  auto const pos = parse_position("000000000000001a/8f00000000000001\n");
  ASSERT_TRUE(pos);
  EXPECT_EQ(pos->txid.value, 26U);
  EXPECT_EQ(pos->checksum, 0x8f00000000000001U);
  EXPECT_EQ(to_string(*pos), "000000000000001a/8f00000000000001");
  EXPECT_EQ(parse_position("FFFFFFFFFFFFFFFF/0000000000000000")->txid.value, ~0ULL);
}

TEST(position, rejects_everything_else) {
  for (std::string_view const text :
       {"", "\n", "000000000000001a", "000000000000001a/", "000000000000001a-8f00000000000001",
        "000000000000001a/8f00000000000001\n\n", "000000000000001a/8f00000000000001 ",
        "+00000000000001a/8f00000000000001", "-00000000000001a/8f00000000000001",
        "0x0000000000001a/8f00000000000001", "000000000000001g/8f00000000000001",
        "000000000000001a/8f0000000000000", "000000000000001a/-f00000000000001"}) {
    EXPECT_EQ(parse_position(text).error(), errc::bad_position) << text;
  }
  for (std::string_view const text :
       {"", "1a", "-000000000000001", "0000000000000001a", "000000000000001 "}) {
    EXPECT_EQ(parse_txid(text).error(), errc::bad_txid) << text;
  }
}

TEST(position, hex_round_trips) {
  for (std::uint64_t const value : {0ULL, 1ULL, 0xdeadbeefULL, ~0ULL}) {
    EXPECT_EQ(*parse_hex64(format_hex64(value)), value);
    EXPECT_EQ(format_hex64(value).size(), 16U);
  }
}

TEST(position, database_id_is_crc32) {
  EXPECT_EQ(database_id("123456789"), 0xcbf43926U);  // the check value of CRC-32/ISO-HDLC
  EXPECT_NE(database_id("db.sqlite3"), database_id("other.sqlite3"));
}

}  // namespace
}  // namespace litefs
