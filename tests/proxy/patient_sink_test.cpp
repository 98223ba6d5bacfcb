// A log whose reader is stuck.
#include "litefs/proxy/patient_sink.hpp"

#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <string>

#include "raw_socket.hpp"

namespace litefs::proxy::test {
namespace {

using std::chrono::milliseconds;

TEST(patient_sink, a_stuck_reader_costs_one_wait_and_is_told_what_it_missed) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
  raw_socket const reader(ends[0]);
  raw_socket const writer(ends[1]);
  std::string const filler(4096, 'x');
  while (::write(writer.fd(), filler.data(), filler.size()) > 0) {
  }
  ASSERT_EQ(::fcntl(writer.fd(), F_SETFL, 0), 0);  // blocks, as a standard output does

  spdlog::logger log("test", std::make_shared<patient_sink>(writer.fd(), milliseconds(50)));
  log.set_pattern("%v");
  auto const begun = std::chrono::steady_clock::now();
  for (int i = 0; i < 1000; ++i) log.info("lost");
  EXPECT_LT(std::chrono::steady_clock::now() - begun, milliseconds(2'000));

  std::string seen(1 << 20, '\0');
  auto const drain = [&] {
    std::string all;
    for (auto n = ::read(reader.fd(), seen.data(), seen.size()); n > 0;
         n = ::read(reader.fd(), seen.data(), seen.size()))
      all.append(seen, 0, static_cast<std::size_t>(n));
    return all;
  };
  EXPECT_EQ(drain().find("lost"), std::string::npos);
  log.info("again");
  log.info(std::string(10'000, 'y'));
  EXPECT_EQ(drain(), "log: 1000 lines lost, nobody read them\nagain\n" + std::string(10'000, 'y') + "\n");
}

}  // namespace
}  // namespace litefs::proxy::test
