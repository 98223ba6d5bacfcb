#include "litefs/proxy/condition.hpp"

#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "control_thread.hpp"

namespace litefs::proxy {
namespace {

namespace asio = boost::asio;
constexpr int soon = 20;
constexpr int never_reached = 5'000;

TEST(condition, returns_at_once_when_it_holds) {
  control_thread t;
  t.run([](control_thread& thread) -> asio::awaitable<void> {
    condition::predicate yes = [] { return true; };
    EXPECT_TRUE(co_await thread.changed.wait(in_ms(0), yes));
  }(t));
}

TEST(condition, ends_at_its_deadline) {
  control_thread t;
  t.run([](control_thread& thread) -> asio::awaitable<void> {
    condition::predicate no = [] { return false; };
    EXPECT_FALSE(co_await thread.changed.wait(in_ms(soon), no));
  }(t));
}

TEST(condition, wakes_only_those_whose_predicate_holds) {
  control_thread t;
  int value = 0;
  bool two_seen = false;
  auto wait_for_two = [](control_thread& thread, int& v, bool& seen) -> asio::awaitable<void> {
    condition::predicate two = [&v] { return v == 2; };
    seen = co_await thread.changed.wait(in_ms(never_reached), two);
  };
  asio::co_spawn(t.context, wait_for_two(t, value, two_seen), asio::detached);
  t.run([](control_thread& thread, int& v, bool& seen) -> asio::awaitable<void> {
    condition::predicate no = [] { return false; };
    v = 1;
    thread.changed.notify();
    co_await thread.changed.wait(in_ms(soon), no);
    EXPECT_FALSE(seen);
    v = 2;
    thread.changed.notify();
    v = 3;  // it was true when it was told
    co_await thread.changed.wait(in_ms(soon), no);
    EXPECT_TRUE(seen);
  }(t, value, two_seen));
}

}  // namespace
}  // namespace litefs::proxy
