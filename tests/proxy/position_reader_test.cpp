// Positions in a plain folder that looks like a mount.
#include "litefs/proxy/position_reader.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "litefs/signature.hpp"

namespace litefs::proxy {
namespace {

class folder {
 public:
  folder() { std::filesystem::create_directory(path_); }
  ~folder() { std::filesystem::remove_all(path_); }
  [[nodiscard]] std::string const& path() const { return path_; }
  void write(std::string const& name, std::string const& text) const {
    std::ofstream(path_ + "/" + name) << text;
  }

 private:
  std::string path_ = std::filesystem::temp_directory_path() / ("positions-" + random_hex(8));
};

TEST(position_reader, a_database_that_does_not_exist_is_left_out) {
  folder const mount;
  mount.write("a-pos", "0000000000000001/0000000000000007\n");
  position_reader reader(mount.path(), {"a", "b"});
  auto positions = reader.read();
  ASSERT_TRUE(positions);
  ASSERT_EQ(positions->size(), 1U);
  EXPECT_EQ(positions->front().database, "a");
  EXPECT_EQ(to_string(positions->front().position), "0000000000000001/0000000000000007");
  mount.write("b-pos", "0000000000000002/0000000000000007\n");
  positions = reader.read();
  ASSERT_TRUE(positions);
  EXPECT_EQ(positions->size(), 2U);
}

TEST(position_reader, one_that_cannot_be_read_is_an_error) {
  folder const mount;
  mount.write("a-pos", "0000000000000001/0000000000000007\n");
  position_reader reader(mount.path(), {"a", "b"});
  ASSERT_TRUE(reader.read());
  std::filesystem::create_symlink("b-pos", mount.path() + "/b-pos");
  EXPECT_FALSE(reader.read()) << "cannot be opened";
  std::filesystem::remove(mount.path() + "/b-pos");
  std::filesystem::create_directory(mount.path() + "/b-pos");
  EXPECT_FALSE(reader.read()) << "cannot be read";
  std::filesystem::remove(mount.path() + "/b-pos");
  mount.write("a-pos", "nonsense\n");
  EXPECT_FALSE(reader.read()) << "a kept descriptor that gives no position";
}

}  // namespace
}  // namespace litefs::proxy
