#include "litefs/hop.hpp"

#include <gtest/gtest.h>

namespace litefs {
namespace {

std::vector<std::string> const secrets{"0123456789abcdef"};
keyring const keys(secrets, "litefs hop 1");
hop const from_b{"n1", "n0", "b00t", "n0nce", ""};
hop_subject const post{"POST", "/notes/", "example.com", "17", "203.0.113.9\nhttps\nexample.com"};

TEST(hop, round_trip) {
  auto const parsed = parse_hop(make_hop(keys, from_b, post));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->from, "n1");
  EXPECT_EQ(parsed->to, "n0");
  EXPECT_EQ(parsed->boot, "b00t");
  EXPECT_EQ(parsed->nonce, "n0nce");
  EXPECT_TRUE(verify_hop(keys, *parsed, post));
}

TEST(hop, the_mac_covers_everything) {
  auto const sent = *parse_hop(make_hop(keys, from_b, post));
  for (auto member : {&hop::from, &hop::to, &hop::boot, &hop::nonce}) {
    auto changed = sent;
    changed.*member += "x";
    EXPECT_FALSE(verify_hop(keys, changed, post)) << changed.*member;
  }
  for (auto member : {&hop_subject::method, &hop_subject::target, &hop_subject::host, &hop_subject::length,
                      &hop_subject::forwarded, &hop_subject::proxied}) {
    auto changed = post;
    changed.*member = "x";
    EXPECT_FALSE(verify_hop(keys, sent, changed));
  }
  EXPECT_FALSE(verify_hop(keyring(secrets, "another use"), sent, post));
}

TEST(hop, strict_grammar) {
  std::string const mac(64, 'a');
  EXPECT_TRUE(parse_hop("1;from=a;to=b;boot=-;n=c;mac=" + mac));
  for (std::string const& header :
       {std::string(), std::string("1"), "2;from=a;to=b;boot=-;n=c;mac=" + mac,
        "1;to=b;from=a;boot=-;n=c;mac=" + mac, "1;from=a;to=b;boot=;n=c;mac=" + mac,
        "1;from=a;to=b;boot=-;n=;mac=" + mac, "1;from=a:80;to=b;boot=-;n=c;mac=" + mac,
        "1;from=a;to=b;boot=-;n=c;mac=" + mac + "a", "1;from=a;to=b;boot=-;n=c;mac=" + mac + ";x=y",
        "1; from=a;to=b;boot=-;n=c;mac=" + mac, "1;from=a;to=b;boot=-;n=c;mac=" + std::string(64, 'A'),
        "1;from=a;to=b;boot=-;n=" + std::string(65, 'c') + ";mac=" + mac,
        "1;from=a;to=b;boot=-;n=c d;mac=" + mac}) {
    EXPECT_EQ(parse_hop(header).error(), errc::bad_hop) << header;
  }
}

TEST(hop, the_receiver_judges) {
  nonce_table nonces(1);
  EXPECT_EQ(accept_hop(from_b, "n2", "b00t", nonces).error(), errc::bad_hop);
  EXPECT_EQ(accept_hop(from_b, "n0", "later", nonces).error(), errc::hop_restarted);
  auto unsure = from_b;
  unsure.boot = unknown_boot;
  EXPECT_EQ(accept_hop(unsure, "n0", "b00t", nonces).error(), errc::hop_restarted);
  EXPECT_TRUE(accept_hop(from_b, "n0", "b00t", nonces));
  EXPECT_EQ(accept_hop(from_b, "n0", "b00t", nonces).error(), errc::hop_replayed);
  auto second = from_b;
  second.nonce = "other";
  EXPECT_EQ(accept_hop(second, "n0", "b00t", nonces).error(), errc::nonce_table_full);
}

TEST(hop, not_executed_proves_this_hop_only) {
  std::string const hop_mac(64, 'a');
  auto const header = make_not_executed(keys, hop_mac, "not-primary", "b00t");
  auto const marker = verify_not_executed(keys, hop_mac, header);
  ASSERT_TRUE(marker);
  EXPECT_EQ(marker->reason, "not-primary");
  EXPECT_EQ(marker->boot, "b00t");
  EXPECT_EQ(verify_not_executed(keys, std::string(64, 'b'), header).error(), errc::bad_signature);
  for (std::string const& forged :
       {std::string(), std::string("not-primary"), "not-primarx" + header.substr(11), header + " ",
        header + ";x=y", header.substr(0, header.size() - 1)}) {
    EXPECT_EQ(verify_not_executed(keys, hop_mac, forged).error(), errc::bad_signature) << forged;
  }
}

}  // namespace
}  // namespace litefs
