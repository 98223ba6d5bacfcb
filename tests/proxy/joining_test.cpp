// When a node that started as no candidate becomes one. LiteFS and the other nodes are scripted answers.
#include "litefs/proxy/joining.hpp"

#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>

#include <filesystem>
#include <string>

#include "control_thread.hpp"

namespace litefs::proxy {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr auto cold_start_wait = 150ms;

proxy_config configuration() {
  proxy_config c;
  c.litefs.emplace();
  c.litefs->hostname = "n1";
  c.litefs->cold_start_wait = cold_start_wait;
  c.secrets = {"a secret of enough bytes"};
  return c;
}

class joining_test : public testing::Test {
 protected:
  joining_test() {
    state_.role = role::unknown;
    state_.positions = {{"db", {txid{7}, 70}}};
  }

  joining::hooks hooks() {
    return {.state = [this]() -> node_state const& { return state_; },
            .positions_known = [this] { return known_; },
            .ask = [this](std::string name) -> asio::awaitable<std::optional<heard_node>> {
              asked_.push_back(name);
              auto const found = answers_.find(name);
              co_return found == answers_.end() ? std::nullopt : std::optional(found->second);
            },
            .become_candidate = [this]() -> asio::awaitable<void> {
              ++became_;
              co_return;
            }};
  }

  void remember(node_memory const& m) {
    membership_ = std::make_unique<membership>("n1", "", history_);
    node_state s;
    s.positions = state_.positions;
    if (m.generation == 0) return;
    s.role = m.primary ? role::primary : role::replica;
    s.primary = m.primary ? "n1" : "n0";
    membership_->on_state(s);
    node_report of_peer;
    of_peer.candidate = true;
    for (auto const& name : m.candidates) membership_->on_peer_report(name, of_peer);
  }

  // Runs the node for `length`, or until it is a candidate; `meanwhile` happens after half of it.
  void play(std::chrono::milliseconds length, std::function<void(joining&)> meanwhile = {}) {
    control_thread thread;
    joining j(thread.changed, shared_, *membership_, hooks());
    auto const script = [&]() -> asio::awaitable<void> {
      bool ended = false;
      asio::co_spawn(thread.context, j.run(), [&](std::exception_ptr) { ended = true; });
      condition::predicate over = [&] { return j.candidate(); };
      co_await thread.changed.wait(std::chrono::steady_clock::now() + length / 2, over);
      if (meanwhile) meanwhile(j);
      co_await thread.changed.wait(std::chrono::steady_clock::now() + length / 2, over);
      refused_ = j.refused();
      j.stop();
      condition::predicate done = [&] { return ended; };
      for (int i = 0; i < 1000 && !ended; ++i) co_await thread.changed.wait(in_ms(1), done);
      EXPECT_TRUE(ended);
    };
    thread.run(script());
  }

  node shared_{configuration()};
  lineage history_;
  std::unique_ptr<membership> membership_;
  node_state state_;
  bool known_ = true;
  std::map<std::string, heard_node> answers_;
  std::vector<std::string> asked_;
  int became_ = 0;
  bool refused_ = false;
};

TEST_F(joining_test, goes_first_when_all_others_hold_less) {
  remember({1, true, {"n0", "n2"}});
  answers_ = {{"n0", {.standing = {1, 6}}}, {"n2", {.standing = {1, 7}}}};
  play(1s);
  EXPECT_EQ(became_, 1);
  EXPECT_FALSE(refused_);
}

TEST_F(joining_test, refuses_after_the_wait_and_still_follows_a_primary_that_comes) {
  remember({1, true, {"n0"}});
  play(2400ms, [this](joining& j) {
    EXPECT_TRUE(j.refused());
    EXPECT_EQ(became_, 0);
    node_report r;
    r.role = role::primary;
    r.primary = "n0";
    r.generation = 2;
    r.positions = state_.positions;
    state_.role = role::replica;
    state_.primary = "n0";
    membership_->on_state(state_);
    membership_->on_primary_report(r, state_, std::chrono::steady_clock::now());
  });
  EXPECT_EQ(became_, 1);
}

TEST_F(joining_test, does_not_judge_before_it_knows_what_it_holds) {
  remember({1, true, {"n0"}});
  answers_ = {{"n0", {.standing = {1, 1}}}};
  known_ = false;
  play(600ms);
  EXPECT_EQ(became_, 0);
  EXPECT_TRUE(asked_.empty());
}

TEST_F(joining_test, a_replica_that_does_not_hold_the_history_yet_is_no_candidate) {
  remember({});
  state_.role = role::replica;
  state_.primary = "n0";
  membership_->on_state(state_);
  play(600ms);
  EXPECT_EQ(became_, 0);
}

TEST_F(joining_test, force_overrides_everything_once) {
  remember({1, true, {"n0"}});
  play(1s, [](joining& j) { EXPECT_TRUE(j.force()); });
  EXPECT_EQ(became_, 1);
}

TEST(standing, survives_the_wire) {
  heard_node const own{.standing = {3, 1ULL << 60}, .primary = true};
  auto const parsed = parse_standing(answer_standing(own).body);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->standing, own.standing);
  EXPECT_TRUE(parsed->primary);
  for (std::string_view const text : {"", "{}", "[]", R"({"generation":-1,"transactions":1,"primary":true})"})
    EXPECT_FALSE(parse_standing(text)) << text;
}

}  // namespace
}  // namespace litefs::proxy
