// Which target gets a request, in what order, and what happens to one that does not answer.
#include "litefs/proxy/target_gate.hpp"

#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <vector>

#include "control_thread.hpp"
#include "two_nodes.hpp"

namespace litefs::proxy::test {
namespace {

using namespace std::chrono_literals;

struct gated {
  explicit gated(std::size_t targets, std::size_t bound) : gate(std::span(down).first(targets), bound, 100) {}

  // A place that is free at once.
  target_gate::permit take() {
    auto got = std::make_shared<std::optional<target_gate::permit>>();
    asio::co_spawn(control.context, take_into(got), asio::detached);
    control.context.restart();
    control.context.poll();
    if (!*got) throw std::runtime_error("it had to wait");
    return std::move(**got);
  }
  asio::awaitable<void> take_into(std::shared_ptr<std::optional<target_gate::permit>> got) {
    std::chrono::microseconds waited{};
    auto permit = co_await gate.acquire(control.context, 5s, waited);
    if (permit) got->emplace(std::move(*permit));
  }
  // Waits its turn, notes it, and goes on at once.
  asio::awaitable<void> queue_up(int number, std::vector<int>& order) {
    std::chrono::microseconds waited{};
    auto const permit = co_await gate.acquire(control.context, 5s, waited);
    order.push_back(permit ? number : -1);
  }
  // Until so many have had their turn.
  void run(std::vector<int> const& order, std::size_t turns) {
    auto const end = std::chrono::steady_clock::now() + 5s;
    while (order.size() < turns && std::chrono::steady_clock::now() < end) {
      control.context.restart();
      control.context.run_for(2ms);
    }
  }

  std::array<std::atomic<bool>, targets_max> down{};
  control_thread control;
  target_gate gate;
};

TEST(target_gate, the_target_with_the_fewest_requests_is_next) {
  gated g(3, 2);
  std::vector<target_gate::permit> held;
  std::array<int, 3> of{};
  for (int i = 0; i < 6; ++i) {
    held.push_back(g.take());
    ++of[held.back().target()];
    if (i == 2) {
      EXPECT_EQ(of, (std::array<int, 3>{1, 1, 1}));
    }
  }
  EXPECT_EQ(of, (std::array<int, 3>{2, 2, 2}));
  auto const freed = held[3].target();
  held[3] = {};
  EXPECT_EQ(g.take().target(), freed);
}

TEST(target_gate, the_queue_is_one_for_all_targets) {
  gated g(2, 1);
  auto first = g.take();
  auto second = g.take();
  std::vector<int> order;
  for (int i = 0; i < 20; ++i) asio::co_spawn(g.control.context, g.queue_up(i, order), asio::detached);
  g.control.context.restart();
  g.control.context.poll();
  EXPECT_EQ(g.gate.now().queued, 20U);
  second = {};
  g.run(order, 20);
  std::vector<int> expected;
  for (int i = 0; i < 20; ++i) expected.push_back(i);
  EXPECT_EQ(order, expected);
  EXPECT_EQ(g.gate.now().used, 1U);
}

TEST(target_gate, one_that_is_down_or_refused_is_passed_over) {
  gated g(2, 10);
  g.down[0] = true;
  for (int i = 0; i < 4; ++i) EXPECT_EQ(g.take().target(), 1U);
  g.take().refused();  // the other one rests, too: any may be tried
  EXPECT_NE(g.take().target(), g.take().target());
  g.down[0] = false;
  for (int i = 0; i < 4; ++i) EXPECT_EQ(g.take().target(), 0U);
}

TEST(target_gate, who_waits_goes_on_when_a_target_is_back) {
  gated g(2, 1);
  g.down[0] = true;
  auto const only = g.take();
  std::vector<int> order;
  asio::co_spawn(g.control.context, g.queue_up(7, order), asio::detached);
  g.control.context.restart();
  g.control.context.poll();
  EXPECT_TRUE(order.empty());
  g.down[0] = false;
  g.gate.admit();
  g.run(order, 1);
  EXPECT_EQ(order, std::vector<int>{7});
}

TEST(target_gate, a_request_moves_on_from_a_target_that_refuses) {
  reserved_port const nobody;
  scripted_upstream app{std::string(ok)};
  auto config = single_config(nobody.port());
  config.targets.push_back({.host = "127.0.0.1", .port = app.port(), .unix_path = {}});
  front_door door(std::move(config));
  for (int i = 0; i < 4; ++i) EXPECT_EQ(status_of(door.ask(post)), 200);
  EXPECT_EQ(count(app.received(), "POST /p"), 4U);
}

}  // namespace
}  // namespace litefs::proxy::test
