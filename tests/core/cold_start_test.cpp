#include "litefs/cold_start.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace litefs {
namespace {

using enum start_verdict;
using names = std::vector<std::string>;

struct start {
  std::string_view name;
  node_memory memory;  // of n1
  std::uint64_t transactions;
  std::map<std::string, heard_node> heard;
  start_verdict early;    // before cold-start-wait is over
  start_verdict late;     // after it
  start_verdict allowed;  // after it, with start-behind: allow
};

heard_node holds(std::uint64_t generation, std::uint64_t transactions) {
  return {.standing = {generation, transactions}};
}

heard_node leads(std::uint64_t generation, std::uint64_t transactions) {
  return {.standing = {generation, transactions}, .primary = true};
}

names const both{"n0", "n2"};

start const starts[] = {
    {"an empty node, nobody there", {}, 0, {}, wait, refuse, refuse},
    {"an empty node that heard of candidates", {0, false, both}, 0, {}, wait, refuse, refuse},
    {"data of unknown origin", {}, 7, {}, wait, refuse, refuse},
    {"was primary, nobody else left", {5, true, {}}, 7, {}, lead, lead, lead},
    {"was primary, nobody else left, no database yet", {1, true, {}}, 0, {}, lead, lead, lead},
    {"was primary, others were there", {5, true, both}, 7, {}, wait, refuse, lead},
    {"one of two came", {5, true, both}, 7, {{"n0", holds(5, 7)}}, wait, refuse, refuse},
    {"one of two came with less", {5, true, both}, 7, {{"n0", holds(5, 6)}}, wait, refuse, lead},
    {"all came with less",
     {5, false, both},
     7,
     {{"n0", holds(5, 6)}, {"n2", holds(4, 900)}},
     lead,
     lead,
     lead},
    {"one came with a newer generation and less",
     {5, true, both},
     107,
     {{"n0", holds(6, 103)}, {"n2", holds(5, 100)}},
     wait,
     refuse,
     refuse},
    {"one came with more",
     {5, true, both},
     7,
     {{"n0", holds(5, 7)}, {"n2", holds(5, 8)}},
     wait,
     refuse,
     refuse},
    {"equal to n2, whose name comes later", {5, true, {"n2"}}, 7, {{"n2", holds(5, 7)}}, lead, lead, lead},
    {"equal to n0, whose name comes first",
     {5, true, {"n0"}},
     7,
     {{"n0", holds(5, 7)}},
     wait,
     refuse,
     refuse},
    {"an empty newcomer came, too", {5, true, {"n0"}}, 7, {{"n0", holds(0, 0)}}, lead, lead, lead},
    {"somebody unasked for with more", {5, true, {}}, 7, {{"n9", holds(6, 8)}}, wait, refuse, refuse},
    {"another is primary already, with less",
     {5, true, {"n0"}},
     7,
     {{"n0", leads(3, 1)}},
     wait,
     refuse,
     refuse},
    {"behind, but it once held all", {5, false, {"n0"}}, 0, {}, wait, refuse, refuse},
};

TEST(cold_start, who_goes_first) {
  for (auto const& s : starts) {
    SCOPED_TRACE(s.name);
    start_facts f{.hostname = "n1", .transactions = s.transactions, .memory = s.memory, .heard = s.heard};
    EXPECT_EQ(judge_start(f).verdict, s.early);
    f.waited = true;
    EXPECT_EQ(judge_start(f).verdict, s.late);
    EXPECT_EQ(judge_start(f).why.empty(), s.late == lead);
    f.allow_behind = true;
    EXPECT_EQ(judge_start(f).verdict, s.allowed);
  }
}

// Whatever each of three nodes holds: if all hear each other, exactly one goes first, and it holds the most.
TEST(cold_start, exactly_one_of_three_goes_first) {
  names const all{"n0", "n1", "n2"};
  for (unsigned code = 0; code < 4 * 4 * 4; ++code) {
    std::map<std::string, heard_node> nodes;
    for (unsigned i = 0; i < all.size(); ++i) {
      auto const digit = code >> (2 * i) & 3U;
      nodes[all[i]] = holds(1 + digit / 2, 10 - 3 * (digit / 2) + digit % 2);
    }
    SCOPED_TRACE(code);
    names leaders;
    for (auto const& [name, own] : nodes) {
      auto heard = nodes;
      heard.erase(name);
      node_memory memory{.generation = own.standing.generation, .primary = false, .candidates = {}};
      for (auto const& [other, holds] : heard) memory.candidates.push_back(other);
      start_facts const f{
          .hostname = name, .transactions = own.standing.transactions, .memory = memory, .heard = heard};
      if (judge_start(f).verdict != lead) continue;
      leaders.push_back(name);
      for (auto const& [other, theirs] : heard) EXPECT_GE(own.standing, theirs.standing);
    }
    EXPECT_EQ(leaders.size(), 1U);
  }
}

TEST(cold_start, says_who_is_missed) {
  start_facts const f{
      .hostname = "n1", .transactions = 7, .memory = {5, true, both}, .heard = {{"n2", holds(5, 1)}}};
  EXPECT_EQ(judge_start(f).why, "n0 may hold more and cannot be reached");
}

TEST(cold_start, alone_is_the_last_primary_without_other_candidates) {
  EXPECT_TRUE(leads_alone({5, true, {}}));
  EXPECT_FALSE(leads_alone({5, true, {"n0"}}));
  EXPECT_FALSE(leads_alone({5, false, {}}));
  EXPECT_FALSE(leads_alone({}));
}

TEST(cold_start, memory_survives_the_file) {
  for (node_memory const& m : {node_memory{}, node_memory{5, true, both}, node_memory{6, false, {"n0"}}}) {
    EXPECT_EQ(*parse_memory(format_memory(m)), m);
  }
  for (std::string_view const text :
       {"", "[]", "{}", R"({"format":2,"generation":1,"primary":true,"candidates":[]})",
        R"({"format":1,"generation":-1,"primary":true,"candidates":[]})",
        R"({"format":1,"generation":1,"primary":1,"candidates":[]})",
        R"({"format":1,"generation":1,"primary":true,"candidates":["a b"]})",
        R"({"format":1,"generation":1,"primary":true})"}) {
    EXPECT_EQ(parse_memory(text).error(), make_error_code(errc::bad_memory)) << text;
  }
}

}  // namespace
}  // namespace litefs
