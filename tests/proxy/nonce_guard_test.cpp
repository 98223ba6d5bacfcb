// Nonces of hops: none counts twice, and a full table costs the sender one more round, not the node its hops.
#include <gtest/gtest.h>

#include "litefs/proxy/nonce_guard.hpp"

namespace litefs::proxy {
namespace {

hop signed_for(std::string boot, std::string nonce) {
  return {.from = "n2", .to = "n1", .boot = std::move(boot), .nonce = std::move(nonce), .mac = {}};
}

TEST(nonce_guard, refuses_a_nonce_that_it_has_seen_and_another_boot) {
  nonce_guard guard("0123456789abcdef");
  EXPECT_TRUE(guard.admit(signed_for("0123456789abcdef", "a")).has_value());
  EXPECT_EQ(guard.admit(signed_for("0123456789abcdef", "a")).error(), errc::hop_replayed);
  EXPECT_EQ(guard.admit(signed_for("fedcba9876543210", "b")).error(), errc::hop_restarted);
  EXPECT_EQ(guard.admit(signed_for("-", "b")).error(), errc::hop_restarted);
}

TEST(nonce_guard, a_full_table_goes_on_under_a_new_boot_id) {
  nonce_guard guard("0123456789abcdef", 2);
  auto const old = guard.boot();
  ASSERT_TRUE(guard.admit(signed_for(old, "a")).has_value());
  ASSERT_TRUE(guard.admit(signed_for(old, "b")).has_value());
  EXPECT_EQ(guard.admit(signed_for(old, "c")).error(), errc::hop_restarted);
  EXPECT_NE(guard.boot(), old);
  EXPECT_EQ(guard.boot().size(), old.size());
  EXPECT_EQ(guard.admit(signed_for(old, "a")).error(), errc::hop_restarted) << "a replay from before";
  EXPECT_TRUE(guard.admit(signed_for(guard.boot(), "c")).has_value());
}

}  // namespace
}  // namespace litefs::proxy
