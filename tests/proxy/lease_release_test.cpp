// Giving back a dead LiteFS's lease: never one that has been handed on.
#include <gtest/gtest.h>

#include "control_thread.hpp"
#include "litefs/proxy/lease.hpp"
#include "litefs/proxy/net.hpp"
#include "scripted_upstream.hpp"

namespace litefs::proxy::test {
namespace {

constexpr std::string_view of_n0 = R"([{"Session":"ab-12","Value":"eyJob3N0bmFtZSI6Im4wIn0="}])";
constexpr std::string_view of_n1 = R"([{"Session":"ab-12","Value":"eyJob3N0bmFtZSI6Im4xIn0="}])";

struct row {
  std::string_view later;  // what the key says at the second look
  std::string outcome;
  bool destroyed;
};

std::string answer(std::string_view body) {
  return "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + std::string(body);
}

asio::awaitable<void> give_back(consul_lease lease, std::string& outcome) {
  outcome = co_await release_lease(std::move(lease), "n0");
}

TEST(lease_release, leaves_a_lease_that_was_handed_on) {
  for (auto const& [later, wanted, destroyed] :
       {row{of_n0, "given back", true}, row{of_n1, "held by n1", false},
        row{"[]", "nobody holds it", false}}) {
    SCOPED_TRACE(wanted);
    std::atomic<int> asked{0};
    scripted_upstream consul([&, second = later](raw_socket& s, scripted_upstream& self) {
      if (!self.next_request(s).empty()) s.send(answer(asked++ == 0 ? of_n0 : second));
    });
    consul_lease lease;
    lease.api = {.host = "127.0.0.1", .port = consul.port(), .unix_path = {}};
    lease.key = "litefs/x";
    lease.token = "a-token";
    control_thread control;
    std::string outcome;
    control.run(give_back(lease, outcome));
    EXPECT_EQ(outcome, wanted);
    EXPECT_NE(consul.received().find("X-Consul-Token: a-token"), std::string::npos);
    EXPECT_EQ(consul.received().find("PUT /v1/session/destroy/ab-12") != std::string::npos, destroyed);
  }
}

}  // namespace
}  // namespace litefs::proxy::test
