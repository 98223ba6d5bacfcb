// Several worker threads on both nodes, clients in parallel, a state that changes all the while: every write
// runs exactly once. ThreadSanitizer sees here what the threads share.
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "two_nodes.hpp"

namespace litefs::proxy::test {
namespace {

constexpr int clients = 4;
constexpr int writes_each = 20;

std::string token(int client, int i) { return "/w" + std::to_string(client * writes_each + i) + "-"; }

// Writes through the replica, reads at both; returns how many answers were not 200.
int talk(two_nodes& nodes, int client) {
  int failed = 0;
  auto writer = nodes.replica->connect();
  auto reader = nodes.primary->connect();
  for (int i = 0; i < writes_each; ++i) {
    writer.send("POST " + token(client, i) + " HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello");
    reader.send(get_with_cookie(at(9)));
    failed += status_of(answer_of(writer)) != 200 ? 1 : 0;
    failed += status_of(answer_of(reader)) != 200 ? 1 : 0;
    failed += status_of(nodes.replica->ask(get_with_cookie(at(10)))) != 200 ? 1 : 0;
  }
  return failed;
}

TEST(threads, a_crowd_at_two_changing_nodes) {
  two_nodes nodes(std::string(ok), [](proxy_config& c) {
    c.threads = 3;
    c.limits.target_connections = 2;
    c.read_wait = milliseconds(5);
    c.primary_redirect_timeout = patience;
  });
  std::atomic<int> failed{0};
  std::atomic<int> talking{clients};
  std::vector<std::thread> crowd;
  for (int c = 0; c < clients; ++c) {
    crowd.emplace_back([&, c] {
      failed += talk(nodes, c);
      --talking;
    });
  }
  for (std::uint64_t txid = 10; talking > 0; ++txid) {
    nodes.primary->workers().post_hold(txid % 2 == 0);
    for (auto* const door : {nodes.primary.get(), nodes.replica.get()}) {
      bool const first = door == nodes.primary.get();
      door->become(state_at(txid, first ? role::primary : role::replica, first ? "" : "n1"),
                   tx_event{database, at(txid)});
      door->workers().post_wake();
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));  // the pace of transactions
  }
  nodes.primary->workers().post_hold(false);
  for (auto& t : crowd) t.join();
  EXPECT_EQ(failed, 0);
  auto const ran = nodes.app1.received();
  for (int c = 0; c < clients; ++c)
    for (int i = 0; i < writes_each; ++i) EXPECT_EQ(count(ran, "POST " + token(c, i)), 1U);
  EXPECT_EQ(count(nodes.app2.received(), "POST"), 0U);
}

}  // namespace
}  // namespace litefs::proxy::test
