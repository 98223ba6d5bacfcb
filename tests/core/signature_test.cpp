#include "litefs/signature.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace litefs {
namespace {

std::vector<std::string> const old_secret{"0123456789abcdef"};
std::vector<std::string> const rotated{"fedcba9876543210", "0123456789abcdef"};
using parts = std::vector<std::string_view>;

TEST(signature, known_value) {
  // HMAC-SHA256 of 8 bytes of length and "a", under HKDF-SHA256(secret, info "label"); computed with Python's
  // hmac.
  EXPECT_EQ(keyring(old_secret, "label").sign(parts{"a"}),
            "16586f1543dc33b1866a3a56f10a31661ffa8822fa841f54fc5c531943d13553");
}

TEST(signature, verifies_its_own_and_nothing_else) {
  keyring const keys(old_secret, "label");
  auto const mac = keys.sign(parts{"ab", "c"});
  EXPECT_TRUE(keys.verify(parts{"ab", "c"}, mac));
  for (auto const& other :
       {parts{"a", "bc"}, parts{"abc"}, parts{"ab", "c", ""}, parts{"", "ab", "c"}, parts{}}) {
    EXPECT_FALSE(keys.verify(other, mac));
  }
  for (std::size_t i = 0; i < mac.size(); ++i) {
    auto forged = mac;
    forged[i] = forged[i] == '0' ? '1' : '0';
    EXPECT_FALSE(keys.verify(parts{"ab", "c"}, forged)) << i;
  }
  EXPECT_FALSE(keys.verify(parts{"ab", "c"}, ""));
  EXPECT_FALSE(keys.verify(parts{"ab", "c"}, mac + "0"));
}

TEST(signature, label_separates_uses) {
  EXPECT_FALSE(keyring(old_secret, "two").verify(parts{"a"}, keyring(old_secret, "one").sign(parts{"a"})));
}

TEST(signature, the_first_secret_signs_and_all_verify) {
  keyring const before(old_secret, "label");
  keyring const after(rotated, "label");
  EXPECT_TRUE(after.verify(parts{"a"}, before.sign(parts{"a"})));
  EXPECT_FALSE(before.verify(parts{"a"}, after.sign(parts{"a"})));
}

TEST(signature, without_secrets) {
  keyring const none({}, "label");
  EXPECT_TRUE(none.empty());
  EXPECT_FALSE(none.verify(parts{"a"}, std::string(64, '0')));
  EXPECT_THROW((void)none.sign(parts{"a"}), std::logic_error);
}

TEST(signature, random_hex_is_random) {
  EXPECT_EQ(random_hex(16).size(), 32U);
  EXPECT_NE(random_hex(16), random_hex(16));
}

}  // namespace
}  // namespace litefs
