#include "litefs/error.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace litefs {
namespace {

TEST(error, every_code_has_a_text_of_its_own) {
  std::set<std::string> texts;
  int const last = static_cast<int>(errc::bad_link_message);
  for (int code = 1; code <= last; ++code) texts.insert(make_error_code(static_cast<errc>(code)).message());
  EXPECT_EQ(texts.size(), static_cast<std::size_t>(last));
  EXPECT_FALSE(texts.contains("unknown error"));
}

TEST(error, converts_to_an_error_code) {
  boost::system::error_code const code = errc::bad_txid;
  EXPECT_EQ(code, errc::bad_txid);
  EXPECT_EQ(std::string(code.category().name()), "litefs");
  EXPECT_TRUE(code.failed());
}

}  // namespace
}  // namespace litefs
