#include "litefs/read_pages.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/system/system_error.hpp>
#include <filesystem>
#include <fstream>
#include <thread>

namespace litefs {
namespace {

using namespace std::chrono_literals;

class read_pages_test : public ::testing::Test {
 protected:
  std::string const folder = ::testing::TempDir() + "read_pages_test." + std::to_string(::getpid());
  void TearDown() override { std::filesystem::remove_all(folder); }
};

TEST_F(read_pages_test, lists_the_oldest_open_read_of_each_process) {
  read_pages pages(folder);
  auto mine = read_page::create(folder);
  ASSERT_TRUE(mine);
  EXPECT_TRUE(pages.look().open.empty());
  int const first = mine->begin();
  std::this_thread::sleep_for(5ms);
  int const second = mine->begin();
  EXPECT_NE(first, second);
  auto const found = pages.look().open;
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].pid, ::getpid());
  EXPECT_GE(found[0].age, 5ms);
  mine->end(first);
  EXPECT_LE(pages.look().open.at(0).age, found[0].age + 1s);
  mine->end(second);
  mine->end(-1);
  EXPECT_TRUE(pages.look().open.empty());
}

TEST_F(read_pages_test, a_full_page_lists_no_more) {
  read_pages const pages(folder);
  auto mine = read_page::create(folder);
  for (std::size_t i = 0; i < read_page::reads_max; ++i) EXPECT_GE(mine->begin(), 0);
  EXPECT_EQ(mine->begin(), -1);
  mine->end(7);
  EXPECT_EQ(mine->begin(), 7);
}

TEST_F(read_pages_test, a_dead_process_leaves_its_counts_and_no_page) {
  read_pages pages(folder);
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  ::pid_t const child = ::fork();
  if (child == 0) {
    auto page = read_page::create(folder);
    page->begin();
    page->count(read_count::timed_out);
    [[maybe_unused]] auto const told = ::write(ready[1], "x", 1);
    ::pause();
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  auto alive = pages.look();
  ASSERT_EQ(alive.open.size(), 1U);
  EXPECT_EQ(alive.open[0].pid, child);
  EXPECT_EQ(alive.count(read_count::timed_out), 1U);
  ::kill(child, SIGKILL);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  for (int i = 0; i < 2; ++i) {
    auto const dead = pages.look();
    EXPECT_TRUE(dead.open.empty());
    EXPECT_EQ(dead.count(read_count::timed_out), 1U);
    EXPECT_EQ(dead.count(read_count::waited), 0U);
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder));
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_F(read_pages_test, without_a_folder_there_is_no_page) {
  EXPECT_EQ(read_page::create(folder).error(), errc::page_absent);
  { read_pages const pages(folder); }
  EXPECT_FALSE(std::filesystem::exists(folder));
}

TEST_F(read_pages_test, a_folder_that_a_killed_proxy_left_is_used_again) {
  std::filesystem::create_directory(folder);
  auto mine = read_page::create(folder);
  ASSERT_TRUE(mine);
  mine->begin();
  read_pages pages(folder);
  EXPECT_EQ(pages.look().open.size(), 1U);
  struct stat status {};
  ASSERT_EQ(::stat(folder.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 01777U);
}

TEST_F(read_pages_test, what_is_no_page_is_left_alone) {
  read_pages pages(folder);
  std::ofstream(folder + "/123") << "short";
  std::ofstream(folder + "/456") << std::string(4096, 'x');
  std::ofstream(folder + "/x") << "no number";
  std::filesystem::create_symlink("/etc/passwd", folder + "/789");
  std::filesystem::create_directory(folder + "/42");
  auto const found = pages.look();
  EXPECT_TRUE(found.open.empty());
  EXPECT_EQ(found.count(read_count::waited), 0U);
}

TEST_F(read_pages_test, a_folder_of_another_kind_is_refused) {
  std::ofstream file(folder);
  EXPECT_THROW(read_pages{folder}, boost::system::system_error);
}

}  // namespace
}  // namespace litefs
