// The head of a relayed response: what comes once must not come twice after a hop.
#include <gtest/gtest.h>

#include "two_nodes.hpp"

namespace litefs::proxy::test {
namespace {

TEST(answer, has_one_request_id_also_after_a_hop_and_beside_the_apps_own) {
  two_nodes nodes("HTTP/1.1 200 OK\r\nX-Request-ID: of-the-app\r\nContent-Length: 2\r\n\r\nok");
  for (auto const* request : {post.data(), get.data()}) {
    auto const answer = nodes.replica->ask(request);
    EXPECT_EQ(status_of(answer), 200);
    EXPECT_EQ(count(answer, "X-Request-I"), 1U) << answer;
    EXPECT_EQ(answer.find("of-the-app"), std::string::npos) << answer;
  }
}

}  // namespace
}  // namespace litefs::proxy::test
