#include "litefs/link_seal.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace litefs {
namespace {

std::vector<std::string> const secrets{"a secret of sixteen", "the one before that"};

class link_seal_test : public ::testing::Test {
 protected:
  keyring keys{secrets, "test"};
  link_seal caller{keys, "session", link_side::caller};
  link_seal listener{keys, "session", link_side::listener};
};

TEST_F(link_seal_test, lines_in_order_both_ways) {
  for (std::string const text : {"one", "two", "", "three"}) {
    auto const there = caller.seal(text);
    EXPECT_EQ(*listener.open(there), text);
    auto const back = listener.seal(text);
    EXPECT_EQ(*caller.open(back), text);
  }
}

TEST_F(link_seal_test, an_altered_line) {
  auto const line = caller.seal("role primary");
  for (std::size_t i = 0; i < line.size(); ++i) {
    auto altered = line;
    altered[i] = static_cast<char>(altered[i] ^ 1);
    EXPECT_EQ(listener.open(altered).error(), errc::bad_signature) << i;
  }
  EXPECT_EQ(listener.open(line.substr(0, 64)).error(), errc::bad_signature);
  EXPECT_TRUE(listener.open(line).has_value());
}

TEST_F(link_seal_test, a_line_repeated_left_out_or_sent_back) {
  auto const first = caller.seal("x");
  auto const second = caller.seal("x");
  EXPECT_EQ(listener.open(second).error(), errc::bad_signature);
  EXPECT_TRUE(listener.open(first).has_value());
  EXPECT_EQ(listener.open(first).error(), errc::bad_signature);
  EXPECT_EQ(caller.open(first).error(), errc::bad_signature);
}

TEST_F(link_seal_test, another_session_or_another_secret) {
  link_seal elsewhere(keys, "another session", link_side::listener);
  EXPECT_EQ(elsewhere.open(caller.seal("x")).error(), errc::bad_signature);
  std::vector<std::string> const others{"somebody else's secret"};
  keyring const other_keys(others, "test");
  link_seal stranger(other_keys, "session", link_side::listener);
  EXPECT_EQ(stranger.open(caller.seal("x")).error(), errc::bad_signature);
}

TEST_F(link_seal_test, secrets_can_be_rotated) {
  std::vector<std::string> const newer{"the newest of them all", secrets[0]};
  keyring const newer_keys(newer, "test");
  link_seal old_listener(keys, "session", link_side::listener);
  link_seal new_listener(newer_keys, "session", link_side::listener);
  EXPECT_TRUE(new_listener.open(caller.seal("x")).has_value());
}

}  // namespace
}  // namespace litefs
