#include "litefs/halt_lock.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace litefs {
namespace {

// A plain file: the kernel's own locks behave as LiteFS's here, but for the primary.
class lock_file : public ::testing::Test {
 protected:
  lock_file() {
    std::filesystem::create_directory(mount);
    std::ofstream(mount + "/db-lock") << "";
  }
  ~lock_file() override { std::filesystem::remove_all(mount); }

  std::string const mount = ::testing::TempDir() + "halt_lock_test." + std::to_string(::getpid());
};

TEST_F(lock_file, is_held_between_acquire_and_release) {
  auto lock = halt_lock::open(mount, "db");
  ASSERT_TRUE(lock);
  EXPECT_FALSE(*is_halted(mount, "db"));
  EXPECT_TRUE(lock->acquire());
  EXPECT_TRUE(*is_halted(mount, "db"));
  EXPECT_TRUE(lock->release());
  EXPECT_FALSE(*is_halted(mount, "db"));
}

TEST_F(lock_file, ends_with_its_owner_and_moves_with_it) {
  {
    auto lock = halt_lock::open(mount, "db");
    EXPECT_TRUE(lock->acquire());
    auto const moved = std::move(*lock);
    EXPECT_TRUE(*is_halted(mount, "db"));
  }
  EXPECT_FALSE(*is_halted(mount, "db"));
}

TEST_F(lock_file, of_no_database) {
  EXPECT_EQ(halt_lock::open(mount, "none").error(), boost::system::errc::no_such_file_or_directory);
  EXPECT_EQ(is_halted(mount, "none").error(), boost::system::errc::no_such_file_or_directory);
}

}  // namespace
}  // namespace litefs
