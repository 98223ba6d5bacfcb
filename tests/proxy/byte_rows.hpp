// What tables of raw bytes need: rows, how they are fed, what reached the target.
#pragma once

#include <gtest/gtest.h>

#include <cctype>
#include <string>
#include <string_view>
#include <vector>

#include "front_door.hpp"
#include "scripted_upstream.hpp"

namespace litefs::proxy::test {

inline constexpr std::string_view ok_answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

struct byte_row {
  std::string_view name;
  std::string input;
  int status;
  std::string upstream;  // all bytes, "|" where our own fields are; "" = nothing may arrive
};

inline std::string post_with(std::string_view fields, std::string_view body = "") {
  return std::string("POST /p HTTP/1.1\r\nHost: h\r\n").append(fields).append("\r\n").append(body);
}

inline std::string get_with(std::string_view fields) {
  return std::string("GET /g HTTP/1.1\r\nHost: h\r\n").append(fields).append("\r\n");
}

inline std::string without_own_fields(std::string const& received) {
  auto bytes = without_line(received, "X-Request-Id: ");
  auto const ours = std::string(
      "X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: h\r\nlitefs-proxied: "
      "1\r\n");
  auto const at = bytes.find(ours);
  return at == std::string::npos ? "no fields of ours in: " + bytes : bytes.replace(at, ours.size(), "|");
}

// The data of a chunked message that we framed, if it is complete; else why not.
inline std::string unchunked(std::string_view message) {
  auto const end = message.find("\r\n\r\n");
  if (message.find("Transfer-Encoding: chunked\r\n\r\n") == std::string_view::npos) return "not chunked";
  auto rest = message.substr(end + 4);
  std::string data;
  for (;;) {
    auto const line = rest.find("\r\n");
    if (line == std::string_view::npos) return "not complete";
    auto const size = std::stoul(std::string(rest.substr(0, line)), nullptr, 16);
    rest.remove_prefix(line + 2);
    if (size == 0) return rest == "\r\n" ? data : "surplus: " + std::string(rest);
    if (rest.size() < size + 2) return "not complete";
    data += rest.substr(0, size);
    rest.remove_prefix(size + 2);
  }
}

// Split 0 = in one piece, else in two that the proxy reads one after the other.
inline int status_when_split(front_door& door, std::string_view input, std::size_t split) {
  auto client = door.connect();
  client.send(input.substr(0, split));
  if (split > 0 && !client.wait_consumed()) return 0;
  client.send(input.substr(split));
  return status_of(client.receive_until([](std::string_view b) { return message_size(b) > 0; }));
}

// Calls `check` for each row and each place where its input can be cut in two.
template <class Row, class Check>
void each_split(std::vector<Row> const& rows, std::string Row::*input, Check check) {
  for (auto const& r : rows) {
    for (std::size_t split = 0; split < (r.*input).size(); ++split) {
      SCOPED_TRACE(std::string(r.name) + " split at " + std::to_string(split));
      check(r, split);
      if (::testing::Test::HasFatalFailure()) return;
    }
  }
}

inline void expect_accepted(proxy_config config, scripted_upstream& upstream,
                            std::vector<byte_row> const& rows) {
  front_door door(std::move(config));
  each_split(rows, &byte_row::input, [&](byte_row const& r, std::size_t split) {
    upstream.forget();
    ASSERT_EQ(status_when_split(door, r.input, split), r.status);
    ASSERT_EQ(without_own_fields(upstream.received()), r.upstream);
  });
}

// Not one byte of any row may reach the target.
inline void expect_rejected(std::vector<byte_row> const& rows) {
  scripted_upstream upstream{std::string(ok_answer)};
  front_door door(single_config(upstream.port()));
  each_split(rows, &byte_row::input, [&](byte_row const& r, std::size_t split) {
    ASSERT_EQ(status_when_split(door, r.input, split), r.status);
  });
  EXPECT_EQ(upstream.received(), "");
  EXPECT_EQ(upstream.connections(), 0U);
}

}  // namespace litefs::proxy::test
