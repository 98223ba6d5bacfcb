#include "litefs/candidates.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace litefs {
namespace {

using strings = std::vector<std::string>;

constexpr char const* db = "db.sqlite3";
// The position of this history at a TXID; of another one with another `salt`.
position at(std::uint64_t id, std::uint64_t salt = 7) { return {txid{id}, id * salt}; }

node_report report(position const& where, bool candidate = true, bool leaving = false) {
  node_report r;
  r.role = role::replica;
  r.positions = {{db, where}};
  r.candidate = candidate;
  r.leaving = leaving;
  return r;
}

lineage history_to(std::uint64_t newest) {
  lineage known;
  for (std::uint64_t id = 1; id <= newest; ++id) known.record(database_id(db), at(id));
  return known;
}

TEST(candidates, who_is_on_the_list) {
  struct row {
    char const* what;
    std::vector<node_report> says;
    bool goes;
    strings listed;
    strings away;
  };
  auto const here = at(5);
  std::vector<row> const rows{
      {"a candidate joins by its report", {report(here)}, false, {"n1"}, {}},
      {"another node does not", {report(here, false)}, false, {}, {}},
      {"a lost connection removes nobody", {report(here)}, true, {"n1"}, {"n1"}},
      {"one that is leaving is needed as long as it is there", {report(here, true, true)}, false, {"n1"}, {}},
      {"and leaves by going", {report(here, true, true)}, true, {}, {}},
      {"one that came back before it went stays",
       {report(here, true, true), report(here)},
       true,
       {"n1"},
       {"n1"}},
      {"a LiteFS that is no candidate leaves at once", {report(here), report(here, false)}, false, {}, {}},
  };
  for (auto const& [what, says, goes, listed, away] : rows) {
    SCOPED_TRACE(what);
    candidates known;
    for (auto const& r : says) (void)known.heard("n1", r);
    if (goes) (void)known.gone("n1");
    EXPECT_EQ(known.names(), listed);
    EXPECT_EQ(known.away(), away);
  }
}

TEST(candidates, says_when_the_list_is_another_one) {
  candidates known;
  EXPECT_TRUE(known.heard("n1", report(at(1))));
  EXPECT_FALSE(known.heard("n1", report(at(2))));
  EXPECT_FALSE(known.gone("n1"));
  EXPECT_FALSE(known.heard("n2", report(at(1), false)));
  EXPECT_TRUE(known.heard("n1", report(at(2), false)));
  EXPECT_TRUE(known.heard("n1", report(at(2), true, true)));
  EXPECT_TRUE(known.gone("n1"));
  EXPECT_FALSE(known.gone("n1"));
  EXPECT_FALSE(known.forget("n1"));
}

TEST(candidates, what_is_confirmed) {
  struct row {
    char const* what;
    std::vector<position> reported;  // by n1, n2, …
    std::uint64_t all;
    std::uint64_t any;
  };
  std::vector<row> const rows{
      {"nobody is there", {}, 0, 0},
      {"level", {at(9), at(9)}, 9, 9},
      {"the slowest decides, or the fastest", {at(7), at(9)}, 7, 9},
      {"ahead of what is known here confirms nothing so far", {at(8), at(12)}, 0, 8},
      {"the tail of a lost history confirms nothing", {at(9, 5), at(9)}, 0, 9},
      {"nor does a lost history that went on for longer", {at(12, 5), at(6)}, 0, 6},
      {"a node without the database has nothing of it", {at(9), position{}}, 0, 9},
  };
  auto const known_here = history_to(9);
  for (auto const& [what, reported, all, any] : rows) {
    SCOPED_TRACE(what);
    candidates known;
    for (std::size_t i = 0; i < reported.size(); ++i)
      (void)known.heard("n" + std::to_string(i + 1), report(reported[i]));
    EXPECT_EQ(known.confirmed(db, known_here, ack_quorum::all).value, all);
    EXPECT_EQ(known.confirmed(db, known_here, ack_quorum::any).value, any);
    EXPECT_EQ(known.confirmed("other.sqlite3", known_here, ack_quorum::any).value, 0U);
  }
}

TEST(candidates, a_lost_one_confirms_what_it_had_and_no_more) {
  auto const known_here = history_to(9);
  candidates known;
  (void)known.heard("n1", report(at(9)));
  (void)known.heard("n2", report(at(6)));
  (void)known.gone("n2");
  EXPECT_EQ(known.confirmed(db, known_here, ack_quorum::all).value, 6U);
  EXPECT_EQ(known.confirmed(db, known_here, ack_quorum::any).value, 9U);
  EXPECT_TRUE(known.forget("n2"));
  EXPECT_EQ(known.confirmed(db, known_here, ack_quorum::all).value, 9U);
}

TEST(candidates, within_reach) {
  struct row {
    char const* what;
    int linked;
    int lost;
    bool all;
    bool any;
  };
  std::vector<row> const rows{
      {"nobody", 0, 0, false, false},
      {"all linked", 2, 0, true, true},
      {"one lost", 1, 1, false, true},
      {"all lost", 0, 2, false, false},
  };
  for (auto const& [what, linked, lost, all, any] : rows) {
    SCOPED_TRACE(what);
    candidates known;
    for (int i = 0; i < linked + lost; ++i) (void)known.heard("n" + std::to_string(i), report(at(1)));
    for (int i = linked; i < linked + lost; ++i) (void)known.gone("n" + std::to_string(i));
    EXPECT_EQ(known.within_reach(ack_quorum::all), all);
    EXPECT_EQ(known.within_reach(ack_quorum::any), any);
  }
}

TEST(candidates, a_new_primary_needs_those_of_the_last_one_though_none_is_linked_so_far) {
  candidates known;
  known.take_over({"n1", "n2"});
  EXPECT_EQ(known.names(), (strings{"n1", "n2"}));
  EXPECT_EQ(known.away(), (strings{"n1", "n2"}));
  EXPECT_FALSE(known.within_reach(ack_quorum::any));
  EXPECT_EQ(known.confirmed(db, history_to(9), ack_quorum::any).value, 0U);
}

}  // namespace
}  // namespace litefs
