#include "litefs/glance.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace litefs {
namespace {

glance calm() {
  return {.role = role::replica,
          .primary = "n1",
          .reasons = {},
          .starts = {{"app", 1}, {"litefs", 0}},
          .given = 1,
          .taken = 2,
          .lineage_breaks = 0,
          .linked = {"n2"}};
}

TEST(glance, what_changed) {
  struct row {
    char const* name;
    std::function<void(glance&)> then;
    std::vector<change> found;
  };
  std::vector<row> const rows{
      {"nothing", [](glance&) {}, {}},
      {"primary",
       [](glance& g) {
         g.role = role::primary;
         g.primary = "n0";
         ++g.taken;
       },
       {{"handoff", "took the primary role over"}, {"role", "is primary, was replica"}}},
      {"another primary", [](glance& g) { g.primary = "n2"; }, {{"role", "is replica of n2"}}},
      {"the primary is forgotten", [](glance& g) { g.primary.clear(); }, {}},
      {"given", [](glance& g) { ++g.given; }, {{"handoff", "handed the primary role over"}}},
      {"a restart", [](glance& g) { ++g.starts["app"]; }, {{"restart", "started app again"}}},
      {"a first start", [](glance& g) { ++g.starts["litefs"]; }, {}},
      {"a new process", [](glance& g) { g.starts["worker"] = 1; }, {}},
      {"transactions lost",
       [](glance& g) { ++g.lineage_breaks; },
       {{"lineage", "saw a TXID again with other content: transactions are lost"}}},
      {"ill",
       [](glance& g) {
         g.reasons = {"lag", "app-down"};
       },
       {{"health", "is not healthy: lag, app-down"}}},
      {"links",
       [](glance& g) {
         g.linked = {"n3", "n4"};
       },
       {{"link", "hears n3, n4"}, {"link", "does not hear n2 any more"}}},
  };
  for (auto const& [name, then, found] : rows) {
    SCOPED_TRACE(name);
    auto after = calm();
    then(after);
    EXPECT_EQ(what_changed(calm(), after), found);
  }
}

TEST(glance, well_again) {
  auto ill = calm();
  ill.reasons = {"lag"};
  EXPECT_EQ(what_changed(ill, calm()), (std::vector<change>{{"health", "is healthy"}}));
}

}  // namespace
}  // namespace litefs
