#include "litefs/mount.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace litefs {
namespace {

class fake_mount : public ::testing::Test {
 protected:
  fake_mount() { std::filesystem::create_directory(path); }
  ~fake_mount() override { std::filesystem::remove_all(path); }
  void write(std::string const& name, std::string const& text) const {
    std::ofstream(path + '/' + name) << text;
  }

  std::string const path = ::testing::TempDir() + "mount_test." + std::to_string(::getpid());
};

TEST_F(fake_mount, a_plain_folder_is_no_mount) {
  EXPECT_EQ(inspect_mount(path).error(), errc::mount_absent);
  EXPECT_EQ(inspect_mount(path + "/not/there").error(), errc::mount_absent);
  EXPECT_EQ(inspect_mount("/proc").error(), errc::mount_absent);
}

// A FUSE mount whose server is gone: what a killed LiteFS leaves behind.
TEST_F(fake_mount, dead) {
  int const fuse = ::open("/dev/fuse", O_RDWR | O_CLOEXEC);
  auto const options = "fd=" + std::to_string(fuse) + ",rootmode=40000,user_id=0,group_id=0";
  if (fuse < 0 || ::mount("litefs-test", path.c_str(), "fuse", MS_NOSUID | MS_NODEV, options.c_str()) != 0) {
    if (fuse >= 0) ::close(fuse);
    GTEST_SKIP() << "needs root and /dev/fuse";
  }
  ::close(fuse);
  EXPECT_EQ(inspect_mount(path).error(), errc::mount_dead);
  EXPECT_EQ(position_file::open(path, "db").error(), errc::mount_dead);
  EXPECT_EQ(read_lag(path).error(), errc::mount_absent);
  EXPECT_EQ(::umount2(path.c_str(), MNT_DETACH), 0);
}

TEST_F(fake_mount, lag) {
  struct row {
    std::string text;
    std::int64_t expected;  // ms; -1: none
  };
  for (auto const& [text, expected] : {row{"+000000012\n", 12}, row{"+2147483647\n", 2147483647},
                                       row{"-000000005\n", -5}, row{"x\n", -1}, row{"", -1}}) {
    write(".lag", text);
    auto const lag = read_lag(path);
    EXPECT_EQ(lag.has_value(), expected != -1) << text;
    if (lag) {
      EXPECT_EQ(lag->count(), expected) << text;
    }
  }
  EXPECT_EQ(read_lag(path + "/none").error(), errc::mount_absent);
}

TEST_F(fake_mount, positions_on_a_kept_descriptor) {
  write("db-pos", "0000000000000001/000000000000000a\n");
  auto file = position_file::open(path, "db");
  ASSERT_TRUE(file);
  EXPECT_EQ(*file->read(), (position{{1}, 10}));
  write("db-pos", "0000000000000002/000000000000000b\n");
  EXPECT_EQ(*file->read(), (position{{2}, 11}));
  auto moved = std::move(*file);
  EXPECT_EQ(*moved.read(), (position{{2}, 11}));
  write("db-pos", "");
  EXPECT_EQ(moved.read().error(), errc::bad_position);
  auto const missing = position_file::open(path, "none");
  EXPECT_EQ(missing.error(), boost::system::errc::no_such_file_or_directory);
}

}  // namespace
}  // namespace litefs
