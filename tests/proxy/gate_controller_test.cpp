#include "litefs/proxy/gate_controller.hpp"

#include <gtest/gtest.h>
#include <unistd.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json.hpp>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>

namespace litefs::proxy {
namespace {

using namespace std::chrono_literals;

position at(std::uint64_t id) { return {{id}, id}; }

class gate_controller_test : public ::testing::Test {
 protected:
  explicit gate_controller_test(bool enabled = true) : gate(context, publish, path, enabled, rules) {
    reader = std::make_unique<node_page_reader>(node_page_reader::open(path).value());
  }

  // True as soon as the gate is (not) closed for a reader, false if it is not within 2 s.
  bool becomes(bool closed) {
    auto const deadline = std::chrono::steady_clock::now() + 2s;
    while (std::chrono::steady_clock::now() < deadline) {
      if ((reader->gate().pass(0ms) == passage::timed_out) == closed) return true;
      context.restart();
      context.run_for(1ms);
    }
    return false;
  }

  static constexpr gate_policy::options rules{
      .grace = 1ms, .open_min = 5ms, .closed_max = 60s, .futile_max = 60s};
  boost::asio::io_context context;
  std::string const path = ::testing::TempDir() + "gate_controller_test." + std::to_string(::getpid());
  publisher publish{[](auto const&...) {}, std::make_unique<node_page_writer>(path)};
  gate_controller gate;
  std::unique_ptr<node_page_reader> reader;
};

TEST_F(gate_controller_test, closes_while_the_primary_is_ahead_and_renews_the_lease) {
  gate.local_at("a", at(5));
  gate.primary_at("a", at(6));
  ASSERT_TRUE(becomes(true));
  context.restart();
  context.run_for(3 * gate_controller::lease);
  EXPECT_EQ(reader->gate().pass(0ms), passage::timed_out);
  gate.local_at("a", at(6));
  EXPECT_NE(reader->gate().pass(0ms), passage::timed_out);  // in the same moment
  EXPECT_EQ(gate.counted().closings, 1U);
  EXPECT_GE(gate.counted().closed, 3 * gate_controller::lease);
}

TEST_F(gate_controller_test, a_proxy_that_runs_no_more_holds_nobody) {
  gate.local_at("a", at(5));
  gate.primary_at("a", at(6));
  ASSERT_TRUE(becomes(true));
  std::this_thread::sleep_for(gate_controller::lease);
  EXPECT_NE(reader->gate().pass(), passage::timed_out);
}

TEST_F(gate_controller_test, opens_when_the_primary_is_lost) {
  gate.local_at("a", at(5));
  gate.primary_at("a", at(6));
  ASSERT_TRUE(becomes(true));
  gate.primary_unknown();
  EXPECT_NE(reader->gate().pass(0ms), passage::timed_out);
}

TEST_F(gate_controller_test, opens_for_as_long_as_an_old_read_is_open) {
  auto page = read_page::create(read_pages_folder(path));
  ASSERT_TRUE(page);
  int const place = page->begin();
  std::this_thread::sleep_for(gate_controller::long_read);
  gate.local_at("a", at(5));
  gate.primary_at("a", at(6));
  ASSERT_TRUE(becomes(true));
  ASSERT_TRUE(becomes(false));
  EXPECT_FALSE(boost::json::value(gate.status()).at("closed").as_bool());
  EXPECT_EQ(boost::json::value(gate.status()).at("reading").at(0).at("pid").as_int64(), ::getpid());
  page->end(place);
  EXPECT_TRUE(becomes(true));
}

TEST_F(gate_controller_test, takes_its_folder_with_it) {
  auto const folder = read_pages_folder(path);
  EXPECT_TRUE(std::filesystem::is_directory(folder));
  gate.close();
  EXPECT_FALSE(std::filesystem::exists(folder));
  EXPECT_TRUE(gate.status().at("reading").as_array().empty());
}

class gate_controller_off : public gate_controller_test {
 protected:
  gate_controller_off() : gate_controller_test(false) {}
};

TEST_F(gate_controller_off, never_closes) {
  gate.local_at("a", at(5));
  gate.primary_at("a", at(6));
  context.run_for(20ms);
  EXPECT_EQ(reader->gate().pass(0ms), passage::open);
}

}  // namespace
}  // namespace litefs::proxy
