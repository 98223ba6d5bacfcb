#include "litefs/event.hpp"

#include <gtest/gtest.h>

namespace litefs {
namespace {

TEST(event, reads_litefs_lines) {
  struct row {
    std::string_view line;
    event expected;
  };
  for (
      auto const& [line, expected] : {
          row{R"({"type":"init","data":{"isPrimary":true}})", primary_event{true, ""}},
          row{R"({"type":"init","data":{"isPrimary":false,"hostname":"n1"}})", primary_event{false, "n1"}},
          row{R"({"type":"primaryChange","data":{"isPrimary":false,"hostname":""}})",
              primary_event{false, ""}},
          row{R"({"type":"primaryChange","data":{"isPrimary":false,"hostname":"n2"}})",
              primary_event{false, "n2"}},
          row{R"({"type":"tx","db":"db","data":{"txID":"0000000000000002","postApplyChecksum":"ab7c41ae0e0ca1b9",)"
              R"("pageSize":4096,"commit":2,"timestamp":"2025-01-01T00:00:00Z"}})",
              tx_event{"db", {txid{2}, 0xab7c41ae0e0ca1b9}}},
          row{R"({"type":"later","data":7})", unknown_event{}},
          row{R"({"type":"later"})", unknown_event{}},
      }) {
    auto const parsed = parse_event(line);
    ASSERT_TRUE(parsed) << line;
    EXPECT_EQ(*parsed, expected) << line;
  }
}

TEST(event, rejects_everything_else) {
  for (std::string const& line : {
           std::string(),
           std::string("null"),
           std::string("{}"),
           std::string("{"),
           std::string(R"({"type":7})"),
           std::string(R"({"type":"init"})"),
           std::string(R"({"type":"init","data":{}})"),
           std::string(R"({"type":"init","data":{"isPrimary":"yes"}})"),
           std::string(R"({"type":"init","data":{"isPrimary":false,"hostname":"a:80"}})"),
           std::string(R"({"type":"init","data":{"isPrimary":false,"hostname":"a\r\nb"}})"),
           std::string(R"({"type":"init","data":{"isPrimary":false,"hostname":5}})"),
           std::string(
               R"({"type":"tx","data":{"txID":"0000000000000002","postApplyChecksum":"ab7c41ae0e0ca1b9"}})"),
           std::string(
               R"({"type":"tx","db":"d","data":{"txID":"2","postApplyChecksum":"ab7c41ae0e0ca1b9"}})"),
           std::string(R"({"type":"tx","db":"d","data":{"txID":"0000000000000002"}})"),
           std::string(R"({"type":"init","data":{"isPrimary":true}} x)"),
           R"({"type":"later","x":")" + std::string(65 * 1024, 'x') + R"("})",
           std::string(5000, '['),
       }) {
    EXPECT_EQ(parse_event(line).error(), errc::bad_event) << line.substr(0, 80);
  }
}

}  // namespace
}  // namespace litefs
