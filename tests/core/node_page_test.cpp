#include "litefs/node_page.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/system/system_error.hpp>
#include <filesystem>
#include <fstream>
#include <thread>

namespace litefs {
namespace {

node_facts const replica{role::replica, true, 42, "n1", "LITEFSID", true};

class node_page : public ::testing::Test {
 protected:
  std::string const path = ::testing::TempDir() + "node_page_test." + std::to_string(::getpid());
};

TEST_F(node_page, readers_see_what_was_published) {
  node_page_writer writer(path);
  auto const reader = node_page_reader::open(path);
  ASSERT_TRUE(reader);
  EXPECT_EQ(*reader->read(), node_facts{});
  writer.publish(replica);
  EXPECT_EQ(*reader->read(), replica);
  node_facts const longest{role::single, false, ~0ULL, std::string(253, 'a'), std::string(64, 'b'), false};
  writer.publish(longest);
  EXPECT_EQ(*reader->read(), longest);
}

TEST_F(node_page, version_stays_while_the_facts_do) {
  node_page_writer writer(path);
  auto const reader = node_page_reader::open(path);
  ASSERT_TRUE(reader);
  auto const first = reader->version();
  EXPECT_NE(first, 0U);
  writer.beat();
  EXPECT_EQ(reader->version(), first);
  writer.publish(replica);
  EXPECT_NE(reader->version(), first);
}

TEST_F(node_page, is_gone_with_its_writer) {
  { node_page_writer const writer(path); }
  EXPECT_EQ(node_page_reader::open(path).error(), errc::page_absent);
  EXPECT_EQ(node_page_reader::open(path + "/x/y").error(), errc::page_absent);
}

TEST_F(node_page, the_place_must_exist) {
  EXPECT_THROW(node_page_writer("/not/there/page"), boost::system::system_error);
}

TEST_F(node_page, pages_of_others_are_not_trusted) {
  node_page_writer writer(path);
  ASSERT_EQ(::chmod(path.c_str(), 0666), 0);
  EXPECT_EQ(node_page_reader::open(path).error(), errc::page_foreign);
  ASSERT_EQ(::chmod(path.c_str(), 0644), 0);
  EXPECT_TRUE(node_page_reader::open(path));
  auto const link = path + ".link";
  std::filesystem::create_symlink(path, link);
  EXPECT_EQ(node_page_reader::open(link).error(), errc::page_foreign);
  std::filesystem::remove(link);
  if (::geteuid() == 0) {
    ASSERT_EQ(::chown(path.c_str(), 65534, 65534), 0);
    EXPECT_EQ(node_page_reader::open(path).error(), errc::page_foreign);
  }
}

TEST_F(node_page, other_bytes_are_no_page) {
  std::ofstream(path) << "short";
  EXPECT_EQ(node_page_reader::open(path).error(), errc::page_foreign);
  std::filesystem::remove(path);
  node_page_writer writer(path);  // the right size, another magic
  std::fstream(path, std::ios::in | std::ios::out | std::ios::binary) << "otherpg1";
  EXPECT_EQ(node_page_reader::open(path).error(), errc::page_foreign);
}

TEST_F(node_page, a_silent_writer_makes_it_stale_and_the_next_one_replaces_it) {
  auto writer = std::make_unique<node_page_writer>(path);
  auto const reader = node_page_reader::open(path);
  ASSERT_TRUE(reader);
  auto next = std::make_unique<node_page_writer>(path);
  next->publish(replica);
  writer.reset();  // its page is not this one any more: the file stays
  // The old mapping must go stale; nobody beats it.
  auto const deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (reader->read() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_EQ(reader->read().error(), errc::page_stale);
  EXPECT_EQ(reader->version(), 0U);
  next->beat();
  auto const reopened = node_page_reader::open(path);
  ASSERT_TRUE(reopened);
  EXPECT_EQ(*reopened->read(), replica);
}

// Facts that belong together, so that a torn read shows.
node_facts numbered(std::uint64_t n) {
  auto const text = std::to_string(n);
  return {n % 2 == 0 ? role::primary : role::replica, n % 2 == 0, n, text, text};
}

void expect_whole(node_facts const& facts) {
  if (facts == node_facts{}) return;
  ASSERT_EQ(facts, numbered(facts.mount_device));
}

TEST_F(node_page, reads_are_never_torn) {
  node_page_writer writer(path);
  std::thread publisher([&writer] {
    for (std::uint64_t n = 1; n <= 20'000; ++n) writer.publish(numbered(n));
  });
  auto const reader = node_page_reader::open(path);
  std::uint64_t last = 0;
  while (last < 20'000) {
    auto const facts = reader->read();
    if (!facts) continue;  // a writer that never pauses can outrun a reader
    expect_whole(*facts);
    ASSERT_GE(facts->mount_device, last);
    last = facts->mount_device;
  }
  publisher.join();
}

TEST_F(node_page, works_between_processes) {
  ::pid_t const child = ::fork();
  if (child == 0) {
    node_page_writer writer(path);
    for (std::uint64_t n = 1; n <= 20'000; ++n) writer.publish(numbered(n));
    ::_exit(0);  // like a crash: the page stays behind
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  auto const reader = node_page_reader::open(path);
  ASSERT_TRUE(reader);
  EXPECT_EQ(reader->read()->mount_device, 20'000U);
  std::filesystem::remove(path);
}

TEST_F(node_page, default_path_depends_on_the_mount) {
  EXPECT_EQ(default_page_path("/litefs"), default_page_path("/litefs/"));
  EXPECT_NE(default_page_path("/litefs"), default_page_path("/other"));
  EXPECT_TRUE(default_page_path("/litefs").starts_with("/dev/shm/litefs-"));
  EXPECT_EQ(default_page_path("/litefs").size(), std::string("/dev/shm/litefs-").size() + 8);
}

}  // namespace
}  // namespace litefs
