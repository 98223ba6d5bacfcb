// What the candidates report, and the writes that wait for it.
#include "litefs/proxy/confirmations.hpp"

#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <optional>

#include "control_thread.hpp"
#include "two_nodes.hpp"

namespace litefs::proxy::test {
namespace {

using namespace std::chrono_literals;
using strings = std::vector<std::string>;

node_report report_at(position const& where, bool candidate = true) {
  node_report r;
  r.role = role::replica;
  r.positions = {{database, where}};
  r.candidate = candidate;
  return r;
}

class acknowledging {
 public:
  explicit acknowledging(std::function<void(proxy_config&)> const& adjust = {}) : shared_(config(adjust)) {}

  // The primary commits; its own LiteFS says so.
  void commit(std::uint64_t id) {
    known.on_state(state_at(id, role::primary), tx_event{.database = database, .position = at(id)});
  }
  // A write that waits, in the background.
  struct waiting {
    std::optional<confirmation> end;
    time_point ended;
  };
  std::shared_ptr<waiting> write(std::uint64_t id) {
    auto w = std::make_shared<waiting>();
    asio::co_spawn(control.context, follow(known, id, w, control.changed), asio::detached);
    return w;
  }
  asio::awaitable<std::optional<confirmation>> end_of(std::shared_ptr<waiting> w, int ms = 5'000) {
    condition::predicate ended = [w] { return w->end.has_value(); };
    co_await control.changed.wait(in_ms(ms), ended);
    co_return w->end;
  }
  node& shared() { return shared_; }

  control_thread control;
  int list_changes = 0;
  int reach_changes = 0;

 private:
  static proxy_config config(std::function<void(proxy_config&)> const& adjust) {
    auto c = node_config("n1", 1);
    c.databases = {database};
    c.ack_timeout = 150ms;
    if (adjust) adjust(c);
    return c;
  }
  static asio::awaitable<void> follow(confirmations& known, std::uint64_t id, std::shared_ptr<waiting> w,
                                      condition& changed) {
    std::vector<database_position> written{{database, at(id)}};
    w->end = co_await known.wait(std::move(written));
    w->ended = std::chrono::steady_clock::now();
    changed.notify();
  }

  node shared_;

 public:
  confirmations known{control.context, shared_, [this] { ++list_changes; }, [this] { ++reach_changes; }};
};

asio::awaitable<void> the_slowest_decides(acknowledging& a) {
  a.commit(9);
  a.known.on_report("n2", report_at(at(9)));
  a.known.on_report("n3", report_at(at(9)));
  a.commit(10);
  auto const w = a.write(10);
  EXPECT_FALSE(co_await a.end_of(w, 10));
  a.known.on_report("n2", report_at(at(10)));
  EXPECT_FALSE(co_await a.end_of(w, 10)) << "one of two";
  a.known.on_report("n3", report_at(at(10)));
  EXPECT_EQ(co_await a.end_of(w), confirmation::complete);
  auto const again = a.write(10);
  EXPECT_EQ(co_await a.end_of(again), confirmation::complete) << "nothing to wait for";
}

TEST(confirmations, a_report_resumes_the_write_that_it_completes) {
  acknowledging a;
  a.control.run(the_slowest_decides(a));
}

asio::awaitable<void> one_is_enough(acknowledging& a) {
  a.commit(9);
  a.known.on_report("n2", report_at(at(8)));
  a.known.on_report("n3", report_at(at(9)));
  auto const w = a.write(9);
  EXPECT_EQ(co_await a.end_of(w), confirmation::complete);
}

TEST(confirmations, any_is_content_with_one) {
  acknowledging a([](proxy_config& c) { c.ack_any = true; });
  a.control.run(one_is_enough(a));
}

asio::awaitable<void> before_our_own_event(acknowledging& a) {
  a.commit(9);
  a.known.on_report("n2", report_at(at(10)));
  auto const w = a.write(10);
  EXPECT_FALSE(co_await a.end_of(w, 10)) << "it may be the tail of another history";
  a.commit(10);
  EXPECT_EQ(co_await a.end_of(w), confirmation::complete);
}

TEST(confirmations, a_report_may_come_before_our_own_event) {
  acknowledging a;
  a.control.run(before_our_own_event(a));
}

asio::awaitable<void> in_time_or_not(acknowledging& a) {
  a.commit(9);
  a.known.on_report("n2", report_at(at(8)));
  auto const begun = std::chrono::steady_clock::now();
  auto const w = a.write(9);
  EXPECT_EQ(co_await a.end_of(w), confirmation::missing);
  EXPECT_GE(w->ended - begun, 140ms);
  EXPECT_FALSE(a.shared().replicable);
  a.commit(10);
  auto const behind = a.write(10);
  EXPECT_EQ(co_await a.end_of(behind, 100), confirmation::missing)
      << "what nobody got is not waited for again";
  a.known.on_report("n2", report_at(at(9)));
  EXPECT_TRUE(a.shared().replicable);
  auto const after = a.write(10);
  EXPECT_FALSE(co_await a.end_of(after, 10)) << "it moves again";
  a.known.on_report("n2", report_at(at(10)));
  EXPECT_EQ(co_await a.end_of(after), confirmation::complete);
}

TEST(confirmations, a_silent_candidate_costs_one_time_out) {
  acknowledging a;
  a.control.run(in_time_or_not(a));
}

asio::awaitable<void> one_away(acknowledging& a) {
  a.commit(9);
  a.known.on_report("n2", report_at(at(9)));
  a.known.on_report("n3", report_at(at(9)));
  a.known.on_gone("n3");
  a.commit(10);
  a.known.on_report("n2", report_at(at(10)));
  auto const first = a.write(10);
  EXPECT_EQ(co_await a.end_of(first), confirmation::missing);
  auto const begun = std::chrono::steady_clock::now();
  auto const second = a.write(10);
  EXPECT_EQ(co_await a.end_of(second), confirmation::missing);
  EXPECT_LT(second->ended - begun, 100ms);
  EXPECT_TRUE(a.known.forget("n3"));
  auto const third = a.write(10);
  EXPECT_EQ(co_await a.end_of(third), confirmation::complete);
}

TEST(confirmations, one_that_is_away_is_waited_for_once_and_forgotten_on_demand) {
  acknowledging a;
  a.control.run(one_away(a));
}

asio::awaitable<void> nobody(acknowledging& a) {
  a.commit(9);
  auto const w = a.write(9);
  EXPECT_EQ(co_await a.end_of(w, 100), confirmation::missing);
}

TEST(confirmations, without_candidates_nothing_is_replicated) {
  acknowledging a;
  a.control.run(nobody(a));
}

asio::awaitable<void> role_lost(acknowledging& a) {
  a.commit(9);
  a.known.on_report("n2", report_at(at(8)));
  auto const w = a.write(9);
  EXPECT_FALSE(co_await a.end_of(w, 10));
  a.known.on_state(state_at(9, role::unknown), std::nullopt);
  a.known.on_state(state_at(9, role::primary), std::nullopt);
  EXPECT_EQ(co_await a.end_of(w), confirmation::role_lost) << "though it is primary again";
  a.known.on_state(state_at(9, role::replica, "n2"), std::nullopt);
  auto const late = a.write(9);
  EXPECT_EQ(co_await a.end_of(late), confirmation::role_lost);
}

TEST(confirmations, a_lost_role_ends_every_wait) {
  acknowledging a;
  a.control.run(role_lost(a));
}

asio::awaitable<void> all_at_once(acknowledging& a) {
  a.commit(9);
  a.known.on_report("n2", report_at(at(8)));
  std::vector<std::shared_ptr<acknowledging::waiting>> writes;
  for (int i = 0; i < 100; ++i) writes.push_back(a.write(9));
  EXPECT_FALSE(co_await a.end_of(writes.back(), 10));
  a.known.on_report("n2", report_at(at(9)));
  for (auto const& w : writes) EXPECT_EQ(co_await a.end_of(w), confirmation::complete);
}

TEST(confirmations, one_report_resumes_all_that_it_completes) {
  acknowledging a;
  a.control.run(all_at_once(a));
}

TEST(confirmations, the_list_passes_from_primary_to_primary) {
  acknowledging a;
  a.known.on_state(state_at(9, role::replica, "n2"), std::nullopt);
  a.known.on_report("n4", report_at(at(9)));
  auto report = report_at(at(9));
  report.candidates = {"n1", "n3"};
  a.known.on_primary("n2", report);
  EXPECT_EQ(a.known.listed().names(), (strings{"n3", "n2"}));
  report.leaving = true;
  a.known.on_primary("n2", report);
  EXPECT_EQ(a.known.listed().names(), strings{"n3"}) << "a primary that hands over to stop is no candidate";
  EXPECT_TRUE(a.known.on_state(state_at(9, role::primary), std::nullopt));
  EXPECT_EQ(a.known.listed().away(), strings{"n3"});
  a.known.on_primary("n2", report_at(at(9)));
  EXPECT_EQ(a.known.listed().names(), strings{"n3"}) << "a primary listens to no other one";
}

TEST(confirmations, says_whether_candidates_are_within_reach_and_when_the_list_changes) {
  acknowledging a;
  EXPECT_TRUE(a.shared().replicable);
  a.known.on_state(state_at(9, role::primary), std::nullopt);
  EXPECT_FALSE(a.shared().replicable);
  a.known.on_report("n2", report_at(at(9)));
  a.known.on_report("n2", report_at(at(10)));
  EXPECT_TRUE(a.shared().replicable);
  EXPECT_EQ(a.list_changes, 1);
  a.known.on_gone("n2");
  EXPECT_FALSE(a.shared().replicable);
  EXPECT_EQ(a.reach_changes, 3);
  a.known.on_report("n2", report_at(at(10), false));
  EXPECT_EQ(a.list_changes, 2);
}

}  // namespace
}  // namespace litefs::proxy::test
