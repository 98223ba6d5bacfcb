#include "litefs/hostname.hpp"

#include <gtest/gtest.h>

#include <string>

namespace litefs {
namespace {

TEST(hostname, accepts_names_of_nodes) {
  for (std::string const& name :
       {std::string("n0"), std::string("e784.vm.app.internal"), std::string("node_1-a"),
        std::string("127.0.0.10"), std::string(253, 'a')}) {
    EXPECT_TRUE(valid_hostname(name)) << name;
  }
}

TEST(hostname, rejects_what_could_steer_a_request) {
  for (std::string const& name :
       {std::string(), std::string("host:20202"), std::string("a@b"), std::string("a/b"), std::string("a b"),
        std::string("a\r\nX: y"), std::string("n0\n"), std::string("-n"), std::string(".primary"),
        std::string("[::1]"), std::string("n\xc3\xb6"), std::string("a\0b", 3), std::string(254, 'a'),
        std::string(10'000, 'a')}) {
    EXPECT_FALSE(valid_hostname(name)) << name;
  }
}

}  // namespace
}  // namespace litefs
