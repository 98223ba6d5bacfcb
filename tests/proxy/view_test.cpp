#include "litefs/proxy/view.hpp"

#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "control_thread.hpp"

namespace litefs::proxy {
namespace {

namespace asio = boost::asio;

constexpr char const* database = "db.sqlite3";

position at(std::uint64_t txid) { return {{txid}, txid * 7}; }

node_state replica(std::uint64_t txid) {
  node_state s;
  s.role = role::replica;
  s.primary = "n0";
  s.positions = {{database, at(txid)}};
  return s;
}

void push(view& v, node_state s, std::optional<tx_event> tx = std::nullopt) {
  v.post_state(std::make_shared<node_state const>(std::move(s)), std::move(tx));
}

struct row {
  char const* what;
  std::function<void(view&)> change;
  bool visible;  // result of wait_position for TXID 5
  bool changed;  // result of wait_change
};

class view_waits : public testing::TestWithParam<row> {};

TEST_P(view_waits, end_as_they_should) {
  constexpr int bound = 200;
  control_thread t;
  view v(t.context, replica(4));
  t.run([](view& v, row const& r) -> asio::awaitable<void> {
    demands const wanted{{database_id(database), at(5)}};
    r.change(v);
    EXPECT_EQ(co_await v.wait_position(wanted, in_ms(bound)), r.visible) << r.what;
  }(v, GetParam()));
  view other(t.context, replica(4));
  t.run([](view& v, row const& r) -> asio::awaitable<void> {
    r.change(v);
    EXPECT_EQ(co_await v.wait_change(in_ms(bound)), r.changed) << r.what;
  }(other, GetParam()));
}

INSTANTIATE_TEST_SUITE_P(table, view_waits,
                         testing::Values(row{"nothing", [](view&) {}, false, false},
                                         row{"the transaction",
                                             [](view& v) {
                                               push(v, replica(5), tx_event{database, at(5)});
                                             },
                                             true, false},
                                         row{"a later one",
                                             [](view& v) {
                                               push(v, replica(6), tx_event{database, at(6)});
                                             },
                                             true, false},
                                         row{"another primary",
                                             [](view& v) {
                                               auto s = replica(4);
                                               s.primary = "n2";
                                               push(v, s);
                                             },
                                             false, true},
                                         row{"a dead mount",
                                             [](view& v) {
                                               auto s = replica(4);
                                               s.mount_alive = false;
                                               push(v, s);
                                             },
                                             false, true},
                                         row{"a hold", [](view& v) { v.post_hold(true); }, false, true},
                                         row{"the same hold", [](view& v) { v.post_hold(false); }, false,
                                             false},
                                         row{"the target", [](view& v) { v.post_wake(); }, false, true}),
                         [](auto const& info) {
                           std::string name = info.param.what;
                           for (auto& c : name) c = c == ' ' ? '_' : c;
                           return name;
                         });

TEST(view, records_the_history_of_transactions_and_snapshots) {
  control_thread t;
  view v(t.context, replica(4));
  t.run([](view& v) -> asio::awaitable<void> {
    push(v, replica(4));
    push(v, replica(5), tx_event{database, at(5)});
    demands const wanted{{database_id(database), at(5)}};
    EXPECT_TRUE(co_await v.wait_position(wanted, in_ms(200)));
  }(v));
  EXPECT_EQ(v.history().compare(database_id(database), at(4)), lineage_verdict::same);
  EXPECT_EQ(v.history().compare(database_id(database), {{5}, 1}), lineage_verdict::other);
}

}  // namespace
}  // namespace litefs::proxy
