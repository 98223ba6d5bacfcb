// Names and IPv6 addresses, from the configuration to the socket.
#include "litefs/proxy/resolve.hpp"

#include <gtest/gtest.h>

#include "litefs/proxy/peer_endpoint.hpp"
#include "two_nodes.hpp"

namespace litefs::proxy::test {
namespace {

TEST(resolve, peers_of_each_form) {
  struct row {
    std::string url;
    std::optional<endpoint> expected;
  };
  for (auto const& [url, expected] : {
           row{"http://[fdaa:0:1::2]:8081", endpoint{"fdaa:0:1::2", 8081, {}}},
           row{"http://[fdaa:0:1::2]", endpoint{"fdaa:0:1::2", 80, {}}},
           row{"http://10.0.0.2:8081/", endpoint{"10.0.0.2", 8081, {}}},
           row{"http://d8d9.vm.site.internal:8081", endpoint{"d8d9.vm.site.internal", 8081, {}}},
           row{"https://10.0.0.2:8081", endpoint{"10.0.0.2", 8081, {}, true}},
           row{"ftp://10.0.0.2:8081", std::nullopt},
           row{"http://unix:/run/x", std::nullopt},
           row{"http://:8081", std::nullopt},
       }) {
    proxy_config config;
    config.primary_urls = {{"n1", url}};
    EXPECT_EQ(peer_endpoint(config, "n1"), expected) << url;
  }
}

// Over the loopback's IPv6 address, and by a name that stands for both kinds while only IPv4 is served.
TEST(resolve, a_hop_over_ipv6_and_by_name) {
  for (std::string const host : {"[::1]", "localhost"}) {
    SCOPED_TRACE(host);
    scripted_upstream app1{std::string(ok)};
    scripted_upstream app2{std::string(ok)};
    auto c1 = node_config("n1", app1.port());
    if (host == "[::1]") c1.addr = {endpoint{.host = "::1", .port = 0, .unix_path = {}}};
    front_door primary(std::move(c1), state_at(9, role::primary));
    auto c2 = node_config("n2", app2.port());
    c2.primary_urls = {{"n1", "http://" + host + ":" + std::to_string(primary.port())}};
    front_door replica(std::move(c2), state_at(9, role::replica, "n1"));
    EXPECT_EQ(status_of(replica.ask(post)), 200);
    EXPECT_EQ(count(app1.received(), "POST /p"), 1U);
    EXPECT_EQ(line_of(app1.received(), "X-Forwarded-For"),
              host == "[::1]" ? "127.0.0.1, ::1" : "127.0.0.1, 127.0.0.1");
  }
}

}  // namespace
}  // namespace litefs::proxy::test
