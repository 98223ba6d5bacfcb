#include "litefs/health.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace litefs {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAreArray;

time_point const now = time_point{} + 100'000s;
policy const rules{.stale_reads = true, .stale_max = 600s, .max_lag = 10s};
policy const no_stale_reads{.stale_reads = false, .stale_max = 600s, .max_lag = 10s};
health_facts const running{.started = true, .target_up = true, .repairs_mount = true};

node_state in(role r, std::chrono::milliseconds without_news = 0ms, std::chrono::milliseconds lag = 0ms) {
  node_state s;
  s.role = r;
  s.lag = lag;
  if (r == role::disconnected || r == role::unknown) s.stale_since = now - without_news;
  return s;
}

node_state mount_dead(node_state s, std::chrono::milliseconds since) {
  s.mount_alive = false;
  s.mount_dead_since = now - since;
  return s;
}

health_facts but(void (*change)(health_facts&)) {
  auto facts = running;
  change(facts);
  return facts;
}

struct row {
  char const* state;
  node_state node;
  health_facts facts;
  policy rules;
  int live, ready, health;
  std::vector<std::string_view> reasons;
};

// The table that docs/metrics.md shows, row by row, and the edges of each bound.
std::vector<row> const table = {
    // clang-format off
    {"booting",                   in(role::unknown), {.repairs_mount = true}, rules, 200, 503, 503, {"booting", "app-down", "no-primary"}},
    {"waiting for migration",     in(role::replica), {.repairs_mount = true}, rules, 200, 503, 503, {"booting", "app-down"}},
    {"booting, no mount yet",     mount_dead(in(role::unknown), 300s), {.repairs_mount = true}, rules, 200, 503, 503, {"booting", "app-down", "mount-dead", "no-primary"}},
    {"primary",                   in(role::primary), running, rules, 200, 200, 200, {}},
    {"single",                    in(role::single), running, rules, 200, 200, 200, {}},
    {"replica, fresh",            in(role::replica), running, rules, 200, 200, 200, {}},
    {"replica, at max-lag",       in(role::replica, 0ms, 10s), running, rules, 200, 200, 200, {}},
    {"replica, beyond max-lag",   in(role::replica, 0ms, 10'001ms), running, rules, 200, 200, 503, {"lag"}},
    {"primary, lag is no matter", in(role::primary, 0ms, 60s), running, rules, 200, 200, 200, {}},
    {"disconnected",              in(role::disconnected, 1s), running, rules, 200, 200, 503, {"disconnected"}},
    {"unknown",                   in(role::unknown, 1s), running, rules, 200, 200, 503, {"no-primary"}},
    {"disconnected, at stale-max", in(role::disconnected, 600s), running, rules, 200, 200, 503, {"disconnected"}},
    {"disconnected, too long",    in(role::disconnected, 601s), running, rules, 200, 503, 503, {"stale-max", "disconnected"}},
    {"unknown, too long",         in(role::unknown, 601s), running, rules, 200, 503, 503, {"stale-max", "no-primary"}},
    {"disconnected, not allowed", in(role::disconnected, 1s), running, no_stale_reads, 200, 503, 503, {"stale-reads-off", "disconnected"}},
    {"unknown, not allowed",      in(role::unknown, 1s), running, no_stale_reads, 200, 503, 503, {"stale-reads-off", "no-primary"}},
    {"replica, none needed",      in(role::replica), running, no_stale_reads, 200, 200, 200, {}},
    {"app down",                  in(role::primary), but([](auto& f) { f.target_up = false; }), rules, 200, 503, 503, {"app-down"}},
    {"draining",                  in(role::primary), but([](auto& f) { f.draining = true; }), rules, 200, 503, 503, {"draining"}},
    {"mount under repair",        mount_dead(in(role::replica), 120s), running, rules, 200, 503, 503, {"mount-dead"}},
    {"mount beyond repair",       mount_dead(in(role::replica), 121s), running, rules, 503, 503, 503, {"mount-dead", "beyond-repair"}},
    {"mount of somebody else",    mount_dead(in(role::replica), 1h), but([](auto& f) { f.repairs_mount = false; }), rules, 200, 503, 503, {"mount-dead"}},
    {"given up",                  in(role::primary), but([](auto& f) { f.given_up = true; }), rules, 503, 503, 503, {"beyond-repair"}},
    {"given up while draining",   in(role::single), but([](auto& f) { f.given_up = f.draining = true; }), rules, 503, 503, 503, {"draining", "beyond-repair"}},
    // clang-format on
};

int code(bool good) { return good ? 200 : 503; }

TEST(health, table) {
  for (auto const& r : table) {
    SCOPED_TRACE(r.state);
    auto const v = judge_health(r.node, r.facts, r.rules, now);
    EXPECT_EQ(code(v.live), r.live);
    EXPECT_EQ(code(v.ready), r.ready);
    EXPECT_EQ(code(v.healthy), r.health);
    EXPECT_THAT(v.reasons, ElementsAreArray(r.reasons));
  }
}

// Healthy implies ready implies live, whatever the state; and whoever is not healthy is told why.
TEST(health, of_every_state) {
  for (auto const r : {role::unknown, role::primary, role::replica, role::disconnected, role::single}) {
    for (int bits = 0; bits < 64; ++bits) {
      auto const bit = [bits](int i) { return (bits >> i & 1) != 0; };
      auto node = in(r, bit(0) ? 700s : 1s, bit(1) ? 20s : 0s);
      if (bit(2)) node = mount_dead(node, bit(3) ? 500s : 1s);
      health_facts const facts{
          .started = bit(4), .target_up = bit(5), .draining = false, .repairs_mount = true};
      auto const v = judge_health(node, facts, bit(0) ? no_stale_reads : rules, now);
      EXPECT_TRUE(!v.healthy || v.ready);
      EXPECT_TRUE(!v.ready || v.live);
      EXPECT_EQ(v.healthy, v.reasons.empty());
    }
  }
}

TEST(role_filter, is_read_from_the_query) {
  struct {
    std::string_view query;
    std::optional<role_filter> wanted;
  } const cases[] = {
      {"", role_filter::any},
      {"x=1", role_filter::any},
      {"role=primary", role_filter::primary},
      {"x=1&role=replica&y", role_filter::replica},
      {"role=", std::nullopt},
      {"role=Primary", std::nullopt},
      {"role=single", std::nullopt},
      {"myrole=nobody", role_filter::any},
  };
  for (auto const& c : cases) EXPECT_EQ(parse_role_filter(c.query), c.wanted) << c.query;
}

TEST(role_filter, matches_that_role_only) {
  struct {
    role actual;
    bool primary, replica;
  } const cases[] = {{role::primary, true, false},
                     {role::single, true, false},
                     {role::replica, false, true},
                     {role::disconnected, false, false},
                     {role::unknown, false, false}};
  for (auto const& c : cases) {
    EXPECT_TRUE(matches(role_filter::any, c.actual));
    EXPECT_EQ(matches(role_filter::primary, c.actual), c.primary) << to_string(c.actual);
    EXPECT_EQ(matches(role_filter::replica, c.actual), c.replica) << to_string(c.actual);
  }
}

}  // namespace
}  // namespace litefs
