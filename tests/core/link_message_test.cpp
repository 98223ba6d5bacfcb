#include "litefs/link_message.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace litefs {
namespace {

using namespace std::chrono_literals;

node_report const full{.version = "0.1.0",
                       .role = role::primary,
                       .primary = "n0",
                       .candidate = true,
                       .ready = true,
                       .leaving = true,
                       .probe_age = 12ms,
                       .lag = 7ms,
                       .reasons = {"lag", "app-down"},
                       .freeze = {.number = 1'700'000'000'000, .left = 60s},
                       .generation = 3,
                       .holders = {"n3"},
                       .positions = {{"db", {txid{7}, 70}}, {"other.sqlite3", {txid{1}, 10}}},
                       .candidates = {"n1", "n2"},
                       .load = {.held = 1, .waiting = 2, .acknowledging = 3, .requests_per_s = 4},
                       .lineage_breaks = 5};

told_incidents const happened{
    {{.at_ms = 1'700'000'000'000, .node = "n1", .kind = "role", .what = "is primary"},
     {.at_ms = 1'700'000'000'001, .node = "n2", .kind = "health", .what = ""}}};

TEST(link_message, every_kind_survives_the_wire) {
  std::vector<link_message> const all{full,
                                      node_report{},
                                      take_request{"t1"},
                                      take_refusal{"t1", ""},
                                      take_refusal{"t1", "lacks a database"},
                                      happened,
                                      told_incidents{},
                                      unknown_message{}};
  for (auto const& m : all) {
    auto const line = format_link_message(m);
    SCOPED_TRACE(line);
    EXPECT_EQ(line.find('\n'), std::string::npos);
    auto const parsed = parse_link_message(line);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(*parsed, m);
  }
}

TEST(link_message, a_kind_of_a_newer_peer_is_unknown_and_no_error) {
  EXPECT_EQ(*parse_link_message(R"({"kind":"vote","for":"n1"})"), link_message(unknown_message{}));
}

TEST(link_message, a_report_of_an_older_peer_tells_less) {
  auto const parsed =
      parse_link_message(R"({"kind":"report","role":"primary","probe_age_ms":0,"positions":{}})");
  ASSERT_TRUE(parsed);
  node_report older;
  older.role = role::primary;
  EXPECT_EQ(*parsed, link_message(older));
}

TEST(link_message, what_is_no_message) {
  std::string const crowd = R"({"kind":"chronicle","incidents":[)";
  std::string const somebody = R"({"at_ms":1,"node":"n1","kind":"role","what":"x"})";
  std::string many = crowd + somebody;
  for (std::size_t n = 0; n < chronicle::capacity; ++n) many.append(",").append(somebody);
  std::vector<std::string> const lines{
      many + "]}",
      R"({"kind":"chronicle"})",
      crowd + R"({"at_ms":"1","node":"n1","kind":"role","what":"x"}]})",
      crowd + R"({"at_ms":1,"node":"a b","kind":"role","what":"x"}]})",
      crowd + R"({"at_ms":1,"node":"n1","kind":"role","what":")" + std::string(600, 'x') + R"("}]})",
      "",
      "null",
      "[]",
      "{}",
      R"({"kind":7})",
      R"({"kind":"report"})",
      R"({"kind":"report","role":"king","probe_age_ms":0,"positions":{}})",
      R"({"kind":"report","role":"primary","positions":{}})",
      R"({"kind":"report","role":"primary","probe_age_ms":0,"positions":[]})",
      R"({"kind":"report","role":"primary","probe_age_ms":0,"positions":{"db":7}})",
      R"({"kind":"report","role":"primary","probe_age_ms":0,"positions":{"db":"7/7"}})",
      R"({"kind":"report","role":"primary","probe_age_ms":0,"positions":{},"primary":"a b"})",
      R"({"kind":"report","role":"primary","probe_age_ms":0,"positions":{},"candidates":"n1"})",
      R"({"kind":"report","role":"primary","probe_age_ms":0,"positions":{},"generation":-1})",
      R"({"kind":"report","role":"primary","probe_age_ms":0,"positions":{},"holders":["a b"]})",
      R"({"kind":"report","role":"primary","probe_age_ms":0,"positions":{},"candidates":["a b"]})",
      R"({"kind":"take"})",
      R"({"kind":"take","ticket":""})",
      R"({"kind":"take-refused","why":"no"})",
      R"({"kind":"take","ticket":")" + std::string(257, 't') + "\"}",
      R"({"kind":"take","ticket":"t","x":")" + std::string(link_line_max, 'x') + "\"}",
  };
  for (auto const& line : lines) {
    SCOPED_TRACE(line.substr(0, 100));
    EXPECT_EQ(parse_link_message(line).error(), errc::bad_link_message);
  }
}

TEST(link_message, an_impossible_age_is_clamped) {
  auto const parsed =
      parse_link_message(R"({"kind":"report","role":"single","probe_age_ms":-5,"positions":{}})");
  EXPECT_EQ(std::get<node_report>(*parsed).probe_age, 0ms);
}

node_report with(std::vector<database_position> positions) {
  node_report r;
  r.positions = std::move(positions);
  return r;
}

TEST(transactions_behind, counts_what_a_node_lacks_over_all_databases) {
  std::vector<database_position> const own{{"db", {txid{10}, 1}}, {"other", {txid{4}, 2}}};
  EXPECT_EQ(transactions_behind(with(own), own), 0U);
  EXPECT_EQ(transactions_behind(with({{"db", {txid{8}, 1}}, {"other", {txid{9}, 3}}}), own), 2U);
  EXPECT_EQ(transactions_behind(with({{"db", {txid{10}, 1}}}), own), 4U);
  EXPECT_EQ(transactions_behind({}, own), 14U);
}

}  // namespace
}  // namespace litefs
