// A second start on an address that is served.
#include "litefs/proxy/address_claims.hpp"

#include <gmock/gmock.h>

#include <boost/system/system_error.hpp>

#include "raw_socket.hpp"

namespace litefs::proxy::test {
namespace {

endpoint at(std::string host, std::uint16_t port) {
  return {.host = std::move(host), .port = port, .unix_path = {}};
}

std::string refusal(std::vector<endpoint> const& addresses) {
  try {
    address_claims const second(addresses);
  } catch (boost::system::system_error const& e) {
    return e.what();
  }
  return "";
}

TEST(address_claims, a_second_one_is_told_the_address) {
  reserved_port const port;
  {
    address_claims const first({at("127.0.0.1", port.port())});
    auto const told = refusal({at("127.0.0.2", port.port()), at("127.0.0.1", port.port())});
    EXPECT_THAT(told, ::testing::HasSubstr("addr 127.0.0.1:" + std::to_string(port.port()) +
                                           ": another litefs-proxy serves it (fix: "));
    EXPECT_NE(refusal({at("localhost", port.port())}), "");
    EXPECT_EQ(refusal({at("127.0.0.2", port.port())}), "");
  }
  EXPECT_EQ(refusal({at("127.0.0.1", port.port())}), "") << "it ends with its holder";
}

TEST(address_claims, what_cannot_be_shared_needs_none) {
  endpoint const path{.host = {}, .port = 0, .unix_path = "/nowhere/socket"};
  address_claims const first({at("127.0.0.1", 0), path});
  EXPECT_EQ(refusal({at("127.0.0.1", 0), path}), "");
}

}  // namespace
}  // namespace litefs::proxy::test
