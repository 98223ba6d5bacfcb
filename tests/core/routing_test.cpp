#include "litefs/routing.hpp"

#include <gtest/gtest.h>

#include <ostream>

namespace litefs {

std::ostream& operator<<(std::ostream& out, route const& r) {
  return out << to_string(r.action) << '/' << to_string(r.reason) << (r.mark_stale ? " stale" : "")
             << (r.mark_diverged ? " diverged" : "");
}

namespace {

using namespace std::chrono_literals;

time_point const start = time_point{} + 1000s;

node_state make(role r, std::string primary = "") {
  node_state state;
  state.role = r;
  state.primary = std::move(primary);
  if (r == role::disconnected || r == role::unknown) state.stale_since = start;
  return state;
}

node_state without_mount(node_state state) {
  state.mount_alive = false;
  return state;
}

node_state lagging(node_state state, std::chrono::milliseconds lag) {
  state.lag = lag;
  return state;
}

node_state const primary = make(role::primary, "n0");
node_state const single = make(role::single);
node_state const replica = make(role::replica, "n0");
node_state const disconnected = make(role::disconnected, "n0");
node_state const unknown = make(role::unknown);

request_facts const get{.safe = true};
request_facts const post{};
request_facts const waited{.safe = true, .waited = true};
request_facts const cut_off{.safe = true, .waited = true, .primary_unreachable = true};
request_facts const post_cut_off{.primary_unreachable = true};
request_facts const hop_get{.hop = true, .safe = true};
request_facts const hop_post{.hop = true};
request_facts const forced{.safe = true, .always_forward = true};
request_facts const again{.safe = true, .remembered = true};
request_facts const replay{.safe = true, .remembered = true, .replay = true};
request_facts const upgrade{.safe = true, .upgrade = true};
request_facts const file{.safe = true, .passthrough = true};
request_facts const file_upgrade{.safe = true, .passthrough = true, .upgrade = true};
request_facts const get_unproven{.safe = true, .lease_unproven = true};
request_facts const post_unproven{.lease_unproven = true};
request_facts const again_unproven{.safe = true, .remembered = true, .lease_unproven = true};
request_facts const hop_get_unproven{.hop = true, .safe = true, .lease_unproven = true};
request_facts const own_path{.own_endpoint = true};

freshness const fresh{};
freshness const behind{.behind = true};
freshness const diverged{.diverged = true};
freshness const both{.behind = true, .diverged = true};
freshness const missing{.missing = true};
freshness const unseen{.unseen = true};
freshness const missing_and_behind{.behind = true, .missing = true};

struct row {
  std::string_view name;
  request_facts facts;
  node_state state;
  freshness position;
  route expected;
};

class routing : public ::testing::TestWithParam<row> {};

TEST_P(routing, decides) {
  auto const& [name, facts, state, position, expected] = GetParam();
  EXPECT_EQ(decide(facts, state, position, false, {}, start + 1s), expected) << name;
}

using enum action;
constexpr bool marked = true;

row const rows[] = {
    {"own endpoint anywhere", own_path, unknown, fresh, {action::own, reason::own_endpoint}},
    // A hop is served or refused, never passed on.
    {"hop read at the primary", hop_get, primary, fresh, {local, reason::hop}},
    {"hop write at the primary", hop_post, primary, fresh, {local, reason::hop}},
    {"hop at the primary, diverged", hop_get, primary, diverged, {local, reason::hop, false, marked}},
    {"hop at single", hop_post, single, fresh, {local, reason::hop}},
    {"hop read at a replica", hop_get, replica, fresh, {refuse, reason::hop_not_primary}},
    {"hop write at a replica", hop_post, replica, fresh, {refuse, reason::hop_not_primary}},
    {"hop write disconnected", hop_post, disconnected, fresh, {refuse, reason::hop_not_primary}},
    {"hop write unknown", hop_post, unknown, fresh, {refuse, reason::hop_not_primary}},
    // Passthrough is local whatever the state.
    {"file at the primary", file, primary, diverged, {local, reason::passthrough}},
    {"file at a replica behind", file, replica, behind, {local, reason::passthrough}},
    {"file disconnected", file, disconnected, fresh, {local, reason::passthrough}},
    {"file without a mount", file, without_mount(unknown), fresh, {local, reason::passthrough}},
    {"local upgrade", file_upgrade, replica, fresh, {local, reason::passthrough}},
    // Primary and single.
    {"read at the primary", get, primary, fresh, {local, reason::primary}},
    {"read at the primary, behind", get, primary, behind, {local, reason::primary}},
    {"read at the primary, diverged", get, primary, diverged, {local, reason::primary, false, marked}},
    {"write at the primary", post, primary, fresh, {local, reason::primary}},
    {"write at the primary, diverged", post, primary, diverged, {local, reason::primary, false, marked}},
    {"replay at the primary", replay, primary, fresh, {local, reason::primary}},
    {"upgrade at the primary", upgrade, primary, fresh, {local, reason::primary}},
    {"primary unreachable means others", post_cut_off, primary, fresh, {local, reason::primary}},
    {"read at a primary that stood still", get_unproven, primary, fresh, {local, reason::primary, marked}},
    {"hop read there", hop_get_unproven, primary, fresh, {local, reason::hop, marked}},
    {"write there", post_unproven, primary, fresh, {hold, reason::lease_unproven}},
    {"read that writes there", again_unproven, primary, fresh, {hold, reason::lease_unproven}},
    {"read at the primary without a mount", get, without_mount(primary), fresh, {hold, reason::no_mount}},
    {"write at the primary without a mount", post, without_mount(primary), fresh, {hold, reason::no_mount}},
    {"read in single", get, single, fresh, {local, reason::single}},
    {"write in single", post, single, fresh, {local, reason::single}},
    // Replica, reads.
    {"fresh read", get, replica, fresh, {local, reason::fresh}},
    {"read behind waits", get, replica, behind, {wait, reason::behind}},
    {"waited in vain", waited, replica, behind, {forward, reason::read_at_primary}},
    {"waited and came", waited, replica, fresh, {local, reason::fresh}},
    {"behind and cut off", cut_off, replica, behind, {local, reason::stale, marked}},
    {"diverged", get, replica, diverged, {forward, reason::diverged, false, marked}},
    {"diverged and behind", get, replica, both, {forward, reason::diverged, false, marked}},
    {"diverged and cut off", cut_off, replica, diverged, {local, reason::stale, marked}},
    {"fresh and cut off", cut_off, replica, fresh, {local, reason::fresh}},
    // A database without a position here: nothing to wait for, the primary knows.
    {"missing", get, replica, missing, {forward, reason::read_at_primary}},
    {"missing and behind", get, replica, missing_and_behind, {forward, reason::read_at_primary}},
    {"missing and cut off", cut_off, replica, missing, {local, reason::stale, marked}},
    // A position that went by while this node did not look: it may be one that was lost.
    {"unseen", get, replica, unseen, {forward, reason::read_at_primary}},
    {"unseen and cut off", cut_off, replica, unseen, {local, reason::stale, marked}},
    {"unseen at the primary", get, primary, unseen, {local, reason::primary}},
    {"unseen by a hop", hop_get, primary, unseen, {local, reason::hop}},
    {"missing at the primary", get, primary, missing, {local, reason::primary}},
    {"missing, disconnected", get, disconnected, missing, {local, reason::stale, marked}},
    // Lag alone only marks: the read is served here, at whatever lag.
    {"lag within its bound", get, lagging(replica, 10'000ms), fresh, {local, reason::fresh}},
    {"lag beyond it", get, lagging(replica, 10'001ms), fresh, {local, reason::fresh, marked}},
    {"lag beyond everything", get, lagging(replica, 24h), fresh, {local, reason::fresh, marked}},
    {"lag and behind", get, lagging(replica, 60'000ms), behind, {wait, reason::behind}},
    {"lag, waited in vain", waited, lagging(replica, 60'000ms), behind, {forward, reason::read_at_primary}},
    {"lag and a write", post, lagging(replica, 60'000ms), fresh, {forward, reason::write}},
    {"lag and a file", file, lagging(replica, 60'000ms), fresh, {local, reason::passthrough}},
    {"lag of a primary", get, lagging(primary, 60'000ms), fresh, {local, reason::primary}},
    {"read without a mount", get, without_mount(replica), fresh, {forward, reason::no_mount}},
    {"read without a mount, cut off", cut_off, without_mount(replica), fresh, {hold, reason::no_mount}},
    // Replica, what needs the primary.
    {"write", post, replica, fresh, {forward, reason::write}},
    {"write behind", post, replica, behind, {forward, reason::write}},
    {"write diverged", post, replica, diverged, {forward, reason::write}},
    {"write, primary unreachable", post_cut_off, replica, fresh, {hold, reason::no_primary}},
    {"write without a mount", post, without_mount(replica), fresh, {forward, reason::write}},
    {"always-forward", forced, replica, fresh, {forward, reason::always_forward}},
    {"remembered", again, replica, fresh, {forward, reason::remembered}},
    {"replay", replay, replica, fresh, {forward, reason::replay}},
    {"upgrade", upgrade, replica, fresh, {forward, reason::upgrade}},
    // Disconnected: reads are local and marked; the last known primary's proxy judges writes.
    {"read disconnected", get, disconnected, fresh, {local, reason::stale, marked}},
    {"read disconnected, behind", get, disconnected, behind, {local, reason::stale, marked}},
    {"read disconnected, diverged", get, disconnected, diverged, {local, reason::stale, marked}},
    {"read disconnected without a mount",
     get,
     without_mount(disconnected),
     fresh,
     {forward, reason::no_mount}},
    {"write disconnected", post, disconnected, fresh, {forward, reason::write}},
    {"always-forward disconnected", forced, disconnected, fresh, {forward, reason::always_forward}},
    {"write disconnected, unreachable", post_cut_off, disconnected, fresh, {hold, reason::no_primary}},
    // Unknown.
    {"read unknown", get, unknown, fresh, {local, reason::stale, marked}},
    {"read unknown, behind", get, unknown, behind, {local, reason::stale, marked}},
    {"read unknown without a mount", get, without_mount(unknown), fresh, {hold, reason::no_mount}},
    {"write unknown", post, unknown, fresh, {hold, reason::no_primary}},
    {"always-forward unknown", forced, unknown, fresh, {hold, reason::no_primary}},
    {"replay unknown", replay, unknown, fresh, {hold, reason::no_primary}},
    {"upgrade unknown", upgrade, unknown, fresh, {hold, reason::no_primary}},
    // Nobody to dial.
    {"replica of nobody", post, make(role::replica), fresh, {hold, reason::no_primary}},
    {"unknown with a name", post, make(role::unknown, "n0"), fresh, {hold, reason::no_primary}},
    {"waited, replica of nobody", waited, make(role::replica), behind, {local, reason::stale, marked}},
};

INSTANTIATE_TEST_SUITE_P(table, routing, ::testing::ValuesIn(rows));

TEST(routing_policy, stale_reads) {
  policy const strict{.stale_reads = false};
  policy const brief{.stale_max = 5s};
  route const refused{refuse, reason::no_primary};
  route const served{local, reason::stale, marked};
  EXPECT_EQ(decide(get, disconnected, fresh, false, strict, start), refused);
  EXPECT_EQ(decide(get, unknown, fresh, false, strict, start), refused);
  EXPECT_EQ(decide(cut_off, replica, behind, false, strict, start), refused);
  EXPECT_EQ(decide(get, disconnected, fresh, false, brief, start + 5s), served);
  EXPECT_EQ(decide(get, disconnected, fresh, false, brief, start + 5001ms), refused);
  EXPECT_EQ(decide(get, replica, fresh, false, strict, start), (route{local, reason::fresh}));
}

TEST(routing_handoff, holds_what_may_write_at_the_primary) {
  route const held{hold, reason::handoff};
  for (auto const& facts : {post, forced, again, replay, upgrade, hop_post, hop_get}) {
    EXPECT_EQ(decide(facts, primary, fresh, true, {}, start), held);
  }
  EXPECT_EQ(decide(get, primary, fresh, true, {}, start), (route{local, reason::primary}));
  EXPECT_EQ(decide(file, primary, fresh, true, {}, start), (route{local, reason::passthrough}));
  EXPECT_EQ(decide(own_path, primary, fresh, true, {}, start), (route{action::own, reason::own_endpoint}));
  EXPECT_EQ(decide(post, replica, fresh, true, {}, start), (route{forward, reason::write}));
  EXPECT_EQ(decide(hop_post, replica, fresh, true, {}, start), (route{refuse, reason::hop_not_primary}));
}

TEST(routing_maintenance, refuses_what_writes_for_sure_on_every_node) {
  auto const during = [](request_facts facts, node_state const& state) {
    facts.frozen = true;
    return decide(facts, state, fresh, true, {}, start);
  };
  route const refused{refuse, reason::maintenance};
  for (auto const& state : {primary, replica, disconnected, unknown}) {
    for (auto const& facts : {post, forced, replay}) EXPECT_EQ(during(facts, state), refused);
  }
  EXPECT_EQ(during(hop_post, primary), refused);
  EXPECT_EQ(during(get, primary), (route{local, reason::primary}));
  EXPECT_EQ(during(get, replica), (route{local, reason::fresh}));
  EXPECT_EQ(during(again, replica), (route{forward, reason::remembered}));
  EXPECT_EQ(during(file, replica), (route{local, reason::passthrough}));
  EXPECT_EQ(during(own_path, replica), (route{action::own, reason::own_endpoint}));
}

TEST(routing_compare, demands_against_the_snapshot) {
  auto state = replica;
  state.positions = {{"db", {txid{5}, 50}}};
  auto const id = database_id("db");
  lineage history;
  for (std::uint64_t txid = 3; txid <= 5; ++txid) history.record(id, {{txid}, txid * 10});
  struct case_ {
    demand wanted;
    bool behind;
    bool diverged;
    bool unseen = false;
  };
  for (auto const& [wanted, is_behind, is_diverged, is_unseen] : {
           case_{{id, {txid{5}, 50}}, false, false},
           case_{{id, {txid{5}, 51}}, false, true},
           case_{{id, {txid{6}, 1}}, true, false},
           case_{{id, {txid{3}, 30}}, false, false},
           case_{{id, {txid{3}, 31}}, false, true},
           case_{{id, {txid{2}, 1}}, false, false, true},
           case_{{id + 1, {txid{9}, 1}}, false, false},
       }) {
    auto const got = compare({wanted}, state, history);
    EXPECT_EQ(got.behind, is_behind) << wanted.position.txid.value;
    EXPECT_EQ(got.diverged, is_diverged) << wanted.position.txid.value;
    EXPECT_EQ(got.unseen, is_unseen) << wanted.position.txid.value;
  }
  EXPECT_FALSE(compare({}, state, history).behind);
}

// Before the first resync, or for a database just created at the primary. One that nobody is configured for
// was dropped.
TEST(routing_compare, a_configured_database_without_a_position_is_missing) {
  auto state = replica;
  state.positions = {{"db", {txid{5}, 50}}};
  auto const id = database_id("db");
  auto const other = database_id("other");
  std::uint32_t const both_ids[] = {id, other};
  std::uint32_t const only_db[] = {id};
  demands const wants_other{{other, {txid{1}, 10}}};
  EXPECT_TRUE(compare(wants_other, state, {}, both_ids).missing);
  EXPECT_FALSE(compare(wants_other, state, {}, both_ids).behind);
  EXPECT_FALSE(compare(wants_other, state, {}, only_db).missing);
  EXPECT_FALSE(compare({{id, {txid{5}, 50}}}, state, {}, both_ids).missing);
}

// What counts by action and reason has a place for each, and names for all.
TEST(routing_names, are_complete) {
  for (std::size_t i = 0; i < action_count; ++i) EXPECT_NE(to_string(static_cast<action>(i)), "unknown") << i;
  for (std::size_t i = 0; i < reason_count; ++i) EXPECT_NE(to_string(static_cast<reason>(i)), "unknown") << i;
  EXPECT_EQ(to_string(static_cast<action>(action_count)), "unknown");
  EXPECT_EQ(to_string(static_cast<reason>(reason_count)), "unknown");
}

}  // namespace
}  // namespace litefs
