// Whether a primary may still be sure of its lease. Consul is a scripted answer.
#include "litefs/proxy/lease_guard.hpp"

#include <gtest/gtest.h>
#include <boost/asio/error.hpp>

#include "control_thread.hpp"

namespace litefs::proxy {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr auto ttl = 10s;

class lease_guard_test : public ::testing::Test {
 protected:
  void run_all() {
    thread.context.restart();
    thread.context.poll();
  }
  void become(role r) {
    node_state s;
    s.role = r;
    guard.on_state(s);
    run_all();
  }
  void probe(std::chrono::milliseconds after_start) {
    guard.on_probe(start + after_start);
    run_all();
  }
  // The proof's end, as far after the start of the test as the answer that gave it.
  void expire() { proof.extend(boot_clock::now() - 1ms); }

  control_thread thread;
  lease_proof proof;
  lease_result consul = std::optional(lease_holder{"s1", "n0"});
  int asked = 0;
  int proven = 0;
  boot_clock::time_point start = boot_clock::now();
  lease_guard guard{thread.context,
                    proof,
                    ttl,
                    "n0",
                    [this]() -> asio::awaitable<lease_result> {
                      ++asked;
                      co_return consul;
                    },
                    [this] { ++proven; }};
};

TEST_F(lease_guard_test, without_a_guard_the_proof_always_holds) { EXPECT_TRUE(lease_proof().holds()); }

TEST_F(lease_guard_test, LiteFS_and_Consul_together_prove_it) {
  become(role::primary);
  for (auto t = 0s; t < 60s; t += 1s) probe(t);
  EXPECT_TRUE(proof.holds());
  EXPECT_EQ(asked, 60);
  EXPECT_EQ(proof.epoch(), 1U);
  EXPECT_EQ(proven, 0);
}

TEST_F(lease_guard_test, they_prove_it_for_half_a_ttl) {
  become(role::primary);
  probe(-4s);
  EXPECT_TRUE(proof.holds());
  probe(-6s);  // LiteFS answered long ago
  EXPECT_FALSE(proof.holds());
}

// The packets to Consul vanish: LiteFS waits for it and stays primary, and answers every probe.
TEST_F(lease_guard_test, LiteFS_alone_proves_nothing) {
  become(role::primary);
  probe(-6s);
  consul = boost::system::error_code(asio::error::timed_out);
  for (auto t = 0s; t < 5s; t += 1s) probe(t);
  EXPECT_FALSE(proof.holds());
  EXPECT_EQ(proof.epoch(), 1U);
}

TEST_F(lease_guard_test, a_proof_outlives_a_question_that_Consul_does_not_answer) {
  become(role::primary);
  probe(0s);
  consul = boost::system::error_code(asio::error::timed_out);
  probe(1s);
  EXPECT_TRUE(proof.holds());
}

TEST_F(lease_guard_test, after_a_gap_only_the_same_session_proves_it) {
  become(role::primary);
  probe(0s);
  expire();
  auto const epoch = proof.epoch();
  probe(6s);
  EXPECT_TRUE(proof.holds());
  EXPECT_EQ(proof.epoch(), epoch);
  EXPECT_EQ(proven, 1);
}

TEST_F(lease_guard_test, another_session_is_another_epoch) {
  become(role::primary);
  probe(0s);
  auto const epoch = proof.epoch();
  consul = std::optional(lease_holder{"s2", "n0"});
  probe(1s);
  EXPECT_TRUE(proof.holds());
  EXPECT_NE(proof.epoch(), epoch);
}

TEST_F(lease_guard_test, a_session_that_was_not_known_before_a_gap_is_another_epoch) {
  become(role::primary);
  expire();
  auto const epoch = proof.epoch();
  probe(6s);
  EXPECT_TRUE(proof.holds());
  EXPECT_NE(proof.epoch(), epoch);
}

TEST_F(lease_guard_test, a_lease_of_somebody_else_or_of_nobody_ends_the_proof_at_once) {
  lease_result const answers[] = {std::optional(lease_holder{"s2", "n1"}), std::optional<lease_holder>()};
  for (auto const& answer : answers) {
    consul = std::optional(lease_holder{"s1", "n0"});
    become(role::replica);
    become(role::primary);
    probe(1s);
    EXPECT_TRUE(proof.holds());
    consul = answer;
    probe(2s);
    EXPECT_FALSE(proof.holds());
  }
  EXPECT_EQ(proven, 0);
}

TEST_F(lease_guard_test, a_node_that_was_handed_the_lease_has_a_moment_to_put_its_name_there) {
  consul = std::optional(lease_holder{"s1", "n1"});
  become(role::primary);
  probe(0s);
  EXPECT_TRUE(proof.holds());
}

TEST_F(lease_guard_test, it_is_asked_again_until_Consul_answers) {
  become(role::primary);
  probe(0s);
  expire();
  consul = boost::system::error_code(asio::error::timed_out);
  probe(6s);
  EXPECT_FALSE(proof.holds());
  consul = std::optional(lease_holder{"s1", "n0"});
  probe(7s);
  EXPECT_TRUE(proof.holds());
  EXPECT_EQ(proven, 1);
}

TEST_F(lease_guard_test, a_role_lost_and_won_again_is_another_epoch) {
  become(role::primary);
  auto const epoch = proof.epoch();
  become(role::replica);
  become(role::primary);
  EXPECT_NE(proof.epoch(), epoch);
  EXPECT_TRUE(proof.holds());
}

}  // namespace
}  // namespace litefs::proxy
