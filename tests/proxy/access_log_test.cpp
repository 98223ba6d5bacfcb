// The lines of requests: their text, and what becomes of them.
#include "litefs/proxy/access_log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <memory>
#include <string>

#include "raw_socket.hpp"

namespace litefs::proxy::test {
namespace {

using std::chrono::microseconds;
using testing::EndsWith;
using testing::MatchesRegex;

access_entry entry(std::string_view target) {
  return {.client = "10.0.0.7",
          .method = "GET",
          .target = target,
          .status = 200,
          .bytes_in = 42,
          .bytes_out = 1234,
          .took = microseconds(12'034),
          .waited = microseconds(0),
          .upstream = microseconds(999),
          .action = "local",
          .reason = "fresh",
          .node = "local",
          .id = "id-1"};
}

class access_log_of_a_thread : public testing::Test {
 protected:
  access_log_of_a_thread() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
    reader = std::make_unique<raw_socket>(ends[0]);
    writer = std::make_unique<raw_socket>(ends[1]);
  }

  std::string written() const {
    std::string all;
    std::string some(65536, '\0');
    for (auto n = ::read(reader->fd(), some.data(), some.size()); n > 0;
         n = ::read(reader->fd(), some.data(), some.size()))
      all.append(some, 0, static_cast<std::size_t>(n));
    return all;
  }

  asio::io_context context{1};
  sweep ticks{context};
  std::unique_ptr<raw_socket> reader;
  std::unique_ptr<raw_socket> writer;
};

TEST_F(access_log_of_a_thread, text) {
  {
    access_log log(true, false, writer->fd());
    access_lines(log, ticks).write(entry("/a\"b\n\xc3?q=\\"));
  }
  EXPECT_THAT(written(),
              MatchesRegex("2[0-9]+-[0-9]+-[0-9]+T[0-9]+:[0-9]+:[0-9]+\\.[0-9][0-9][0-9]Z 10\\.0\\.0\\.7 GET "
                           "\"/a\\\\\"b\\\\u000a\\\\u00c3\\?q=\\\\\\\\\" 200 42 1234 12\\.034ms "
                           "waited=0\\.000ms upstream=0\\.999ms local/fresh local id-1\n"));
}

TEST_F(access_log_of_a_thread, json) {
  {
    access_log log(true, true, writer->fd());
    access_lines(log, ticks).write(entry("/a\"\n"));
  }
  auto const line = boost::json::parse(written()).as_object();
  EXPECT_EQ(line.at("target"), "/a\"\n");
  EXPECT_EQ(line.at("ms"), 12.034);
  EXPECT_EQ(line.at("status"), 200);
  EXPECT_EQ(line.at("id"), "id-1");
  EXPECT_THAT(std::string(line.at("time").as_string()), EndsWith("Z"));
}

TEST_F(access_log_of_a_thread, writes_nothing_when_it_is_off) {
  {
    access_log log(false, false, writer->fd());
    access_lines(log, ticks).write(entry("/"));
  }
  EXPECT_EQ(written(), "");
}

// What a thread gathered is written at the next sweep, or when there is much of it.
TEST_F(access_log_of_a_thread, a_sweep_or_many_lines_hand_over) {
  access_log log(true, false, writer->fd());
  access_lines lines(log, ticks);
  auto const arrives = [&] {
    pollfd readable{.fd = reader->fd(), .events = POLLIN, .revents = 0};
    return ::poll(&readable, 1, 5'000) == 1;
  };
  lines.write(entry("/one"));
  EXPECT_EQ(written(), "");
  lines.on_sweep(ticks.now());
  ASSERT_TRUE(arrives());
  EXPECT_THAT(written(), EndsWith(" local id-1\n"));
  for (int i = 0; i < 1'000; ++i) lines.write(entry("/many"));
  EXPECT_TRUE(arrives());
}

// A reader that stands still costs memory up to a bound; then the oldest lines go, and it is told how many.
TEST_F(access_log_of_a_thread, a_stuck_reader_is_told_what_it_missed) {
  constexpr std::size_t batches = 200;
  std::string const line(64 * 1024 - 1, 'x');
  std::string seen;
  std::size_t lost = 0;
  {
    access_log log(true, false, writer->fd());
    for (std::size_t i = 0; i < batches; ++i) log.hand_over(line + "\n");
    for (int tries = 0; tries < 1'000 && !seen.ends_with("end\n"); ++tries) {
      pollfd readable{.fd = reader->fd(), .events = POLLIN, .revents = 0};
      if (::poll(&readable, 1, 10) == 0) log.hand_over("end\n");
      seen += written();
    }
  }
  for (auto at = seen.find("log: "); at != std::string::npos; at = seen.find("log: ", at + 1))
    lost += std::stoul(seen.substr(at + 5, 20));
  auto const whole = static_cast<std::size_t>(std::ranges::count(seen, '\n'));
  EXPECT_GT(lost, batches / 2);
  EXPECT_THAT(seen, EndsWith("end\n"));
  EXPECT_GE(whole + lost, batches);
}

}  // namespace
}  // namespace litefs::proxy::test
