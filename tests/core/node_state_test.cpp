#include "litefs/node_state.hpp"

#include <gtest/gtest.h>

namespace litefs {
namespace {

TEST(node_state, finds_positions_by_database_id) {
  node_state state;
  state.positions = {{"a", {txid{1}, 1}}, {"b", {txid{2}, 2}}};
  ASSERT_NE(state.find(database_id("b")), nullptr);
  EXPECT_EQ(state.find(database_id("b"))->position.txid, txid{2});
  EXPECT_EQ(state.find(database_id("c")), nullptr);
}

TEST(node_state, roles) {
  struct row {
    role value;
    std::string_view name;
    bool writable;
  };
  for (auto const& [value, name, writable] :
       {row{role::unknown, "unknown", false}, row{role::primary, "primary", true},
        row{role::replica, "replica", false}, row{role::disconnected, "disconnected", false},
        row{role::single, "single", true}}) {
    EXPECT_EQ(to_string(value), name);
    node_state state;
    state.role = value;
    EXPECT_EQ(state.writable(), writable) << name;
  }
}

}  // namespace
}  // namespace litefs
