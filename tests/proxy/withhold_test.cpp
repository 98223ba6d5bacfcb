// A write's answer leaves the primary only while its lease is proven.
#include "litefs/proxy/withhold.hpp"

#include <gtest/gtest.h>

#include "two_nodes.hpp"

namespace litefs::proxy::test {
namespace {

class frozen_primary {
 public:
  // While the app works on a request the proof runs out.
  frozen_primary()
      : app_([this](raw_socket& s, scripted_upstream& self) {
          self.next_request(s);
          expire();
          reached_ = true;
          s.send(ok);
          while (!s.receive().empty()) {
          }
        }) {
    door_ = std::make_unique<front_door>(node_config("n1", app_.port()), state_at(9, role::primary));
  }

  void expire() { door_->shared().lease.extend(boot_clock::now() - milliseconds(1)); }
  void prove() {
    door_->shared().lease.extend(boot_clock::now() + milliseconds(60'000));
    door_->workers().post_wake();
  }
  bool wait_for_app() {
    return eventually([this] { return reached_.load(); });
  }
  front_door& door() { return *door_; }
  scripted_upstream& app() { return app_; }

 private:
  std::atomic<bool> reached_{false};
  std::unique_ptr<front_door> door_;
  scripted_upstream app_;
};

TEST(withhold, the_answer_waits_for_the_proof) {
  frozen_primary node;
  auto client = node.door().connect();
  client.send(post);
  ASSERT_TRUE(node.wait_for_app());
  node.prove();
  EXPECT_EQ(status_of(answer_of(client)), 200);
}

TEST(withhold, without_a_proof_it_is_an_unknown_outcome_after_primary_redirect_timeout) {
  frozen_primary node;
  auto const began = std::chrono::steady_clock::now();
  auto client = node.door().connect();
  client.send(post);
  EXPECT_EQ(status_of(answer_of(client)), 504);
  EXPECT_GE(std::chrono::steady_clock::now() - began, node.door().shared().config.primary_redirect_timeout);
}

TEST(withhold, another_epoch_of_the_lease_is_an_unknown_outcome) {
  frozen_primary node;
  auto client = node.door().connect();
  client.send(post);
  ASSERT_TRUE(node.wait_for_app());
  node.door().shared().lease.renew();
  node.prove();
  EXPECT_EQ(status_of(answer_of(client)), 504);
}

TEST(withhold, a_role_lost_meanwhile_is_an_unknown_outcome) {
  frozen_primary node;
  auto client = node.door().connect();
  client.send(post);
  ASSERT_TRUE(node.wait_for_app());
  node.door().become(state_at(9, role::unknown));
  EXPECT_EQ(status_of(answer_of(client)), 504);
}

TEST(withhold, reads_are_answered_and_marked) {
  frozen_primary node;
  node.expire();
  auto const answer = node.door().ask(get);
  EXPECT_EQ(status_of(answer), 200);
  EXPECT_NE(line_of(answer, "litefs-stale"), "");
}

TEST(withhold, new_writes_wait_before_they_reach_the_app) {
  frozen_primary node;
  node.expire();
  auto const answer = node.door().ask(post);  // primary-redirect-timeout is 2 s here
  EXPECT_EQ(status_of(answer), 503);
  EXPECT_EQ(line_of(answer, "litefs-not-executed"), "lease-unproven");
  EXPECT_EQ(node.app().received(), "");
}

}  // namespace
}  // namespace litefs::proxy::test
