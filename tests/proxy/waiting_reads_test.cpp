#include "litefs/proxy/waiting_reads.hpp"

#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <ctime>
#include <random>
#include <thread>

#include "control_thread.hpp"
#include "litefs/proxy/view.hpp"

namespace litefs::proxy {
namespace {

using std::chrono::microseconds;

node_state replica_at(position const& p) {
  node_state s;
  s.role = role::replica;
  s.positions = {{"db", p}};
  return s;
}

constexpr std::uint32_t db = 1;
constexpr std::uint32_t other_db = 2;
constexpr int never_reached = 5'000;

// Waits in the order of the table; what each wait returned, as it ended.
struct waits {
  void spawn(std::uint32_t database, std::uint64_t wanted, int ms = never_reached) {
    asio::co_spawn(thread.context, run(*this, database, wanted, in_ms(ms)), asio::detached);
    thread.context.restart();
    thread.context.poll();
  }
  static awaitable<void> run(waits& self, std::uint32_t database, std::uint64_t wanted, time_point deadline) {
    bool const reached = co_await self.reads.wait(database, txid{wanted}, deadline);
    self.ended.push_back((reached ? "reached " : "gave up ") + std::to_string(wanted));
  }
  void poll() {
    thread.context.restart();
    thread.context.poll();
  }
  using list = std::vector<std::string>;
  list take() { return std::exchange(ended, {}); }

  control_thread thread;
  waiting_reads reads{thread.context};
  list ended;
};

TEST(waiting_reads, a_transaction_wakes_who_waits_for_it_or_less) {
  waits w;
  for (std::uint64_t const wanted : {7, 5, 9, 5, 6}) w.spawn(db, wanted);
  w.spawn(other_db, 5);
  w.reads.reached(db, txid{4});
  w.poll();
  EXPECT_EQ(w.take(), waits::list{});
  w.reads.reached(db, txid{6});
  EXPECT_EQ(w.take(), waits::list{}) << "resumed from inside the call";
  w.poll();
  EXPECT_EQ(w.take(), (waits::list{"reached 5", "reached 5", "reached 6"}));
  w.reads.reached(other_db, txid{100});
  w.reads.wake_all();
  w.poll();
  EXPECT_EQ(w.take(), (waits::list{"reached 5", "gave up 7", "gave up 9"}));
}

TEST(waiting_reads, each_ends_at_its_own_deadline) {
  waits w;
  w.spawn(db, 1, never_reached);
  w.spawn(db, 2, 40);
  w.spawn(db, 3, 20);
  w.spawn(db, 4, 20);
  w.reads.reached(db, txid{1});
  auto const begun = std::chrono::steady_clock::now();
  while (w.ended.size() < 4) w.thread.context.run_one_for(std::chrono::seconds(5));
  EXPECT_EQ(w.take(), (waits::list{"reached 1", "gave up 3", "gave up 4", "gave up 2"}));
  auto const took = std::chrono::steady_clock::now() - begun;
  EXPECT_GE(took, std::chrono::milliseconds(30));
  EXPECT_LT(took, std::chrono::milliseconds(never_reached / 2)) << "the first one's deadline was waited for";
}

TEST(waiting_reads, a_thread_that_is_over_leaves_nobody_waiting) {
  auto alive = std::make_shared<int>();
  {
    waits w;
    asio::co_spawn(
        w.thread.context,
        [](waits& self, std::shared_ptr<int>) -> awaitable<void> {
          co_await self.reads.wait(db, txid{1}, in_ms(never_reached));
        }(w, alive),
        asio::detached);
    w.poll();
    EXPECT_EQ(alive.use_count(), 2);
  }
  EXPECT_EQ(alive.use_count(), 1);
}

std::chrono::nanoseconds processor_time() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

// In processor time, which a busy machine does not stretch.
TEST(waiting_reads, ten_thousand_cost_a_transaction_nothing) {
  constexpr std::uint64_t waiting = 10'000;
  constexpr int transactions = 1'000;
  control_thread thread;
  view v(thread.context, replica_at({txid{1}, 1}));
  std::vector<demands> wanted;
  std::size_t woken = 0;
  for (std::uint64_t n = 0; n < waiting; ++n)
    wanted.push_back({{database_id("db"), {txid{1'000'000 + n}, 1}}});
  auto const before = ::mallinfo2().uordblks;
  for (auto const& d : wanted) {
    asio::co_spawn(
        thread.context,
        [](view& at, demands const& for_, std::size_t& count) -> awaitable<void> {
          co_await at.wait_position(for_, in_ms(60'000));
          ++count;
        }(v, d, woken),
        asio::detached);
  }
  thread.context.poll();
  auto const each = (::mallinfo2().uordblks - before) / waiting;
  EXPECT_LE(each, 1536U) << "with the coroutine that waits, not optimised";

  auto const push = [&](std::uint64_t n) {
    position const at{txid{n}, n};
    v.post_state(std::make_shared<node_state const>(replica_at(at)), tx_event{"db", at});
    thread.context.poll();
  };
  auto const begun = processor_time();
  for (std::uint64_t n = 2; n < 2 + transactions; ++n) push(n);
  auto const per_transaction = (processor_time() - begun) / transactions;
  EXPECT_EQ(woken, 0U);
  EXPECT_LE(per_transaction, microseconds(50));
  push(1'000'000 + waiting / 2 - 1);
  EXPECT_EQ(woken, waiting / 2);
  std::printf("10000 waiting reads: %zu bytes each, %.1f us of CPU per transaction that wakes none\n", each,
              static_cast<double>(per_transaction.count()) / 1000);
}

// From the control thread's post to the resumed coroutine on the worker's thread, as in the proxy.
struct lateness {
  explicit lateness(std::size_t waiting) : late(waiting) {}

  static awaitable<void> wait(lateness& self, view& v, demands wanted, std::size_t number) {
    co_await v.wait_position(wanted, in_ms(60'000));
    self.late[number] = std::chrono::steady_clock::now();
    ++self.woken;
  }
  std::vector<time_point> late;
  std::atomic<std::size_t> woken{0};
};

double p99_ms(std::vector<std::chrono::nanoseconds> all) {
  std::ranges::sort(all);
  return static_cast<double>(all[all.size() * 99 / 100].count()) / 1e6;
}

TEST(waiting_reads, a_thousand_on_different_positions_and_on_one) {
  constexpr std::size_t waiting = 1'000;
  constexpr microseconds between{200};  // transactions
  for (bool const same : {false, true}) {
    asio::io_context context(1);
    view v(context, replica_at({txid{1}, 1}));
    lateness seen(waiting);
    for (std::size_t n = 0; n < waiting; ++n) {
      demands const wanted{{database_id("db"), {txid{same ? 2 : 2 + n}, 1}}};
      asio::co_spawn(context, lateness::wait(seen, v, wanted, n), asio::detached);
    }
    context.poll();
    auto const alive = asio::make_work_guard(context);
    std::thread worker([&] { context.run(); });
    std::vector<time_point> posted(waiting);
    for (std::size_t n = 0; n < (same ? 1 : waiting); ++n) {
      position const at{txid{2 + n}, 1};
      auto state = std::make_shared<node_state const>(replica_at(at));
      posted[n] = std::chrono::steady_clock::now();
      v.post_state(std::move(state), tx_event{"db", at});
      while (std::chrono::steady_clock::now() < posted[n] + between) std::this_thread::yield();
    }
    while (seen.woken < waiting) std::this_thread::yield();
    context.stop();
    worker.join();
    std::vector<std::chrono::nanoseconds> took;
    for (std::size_t n = 0; n < waiting; ++n) took.push_back(seen.late[n] - posted[same ? 0 : n]);
    std::printf("%s: p99 %.3f ms, last %.3f ms\n",
                same ? "1000 on one position" : "1000 on different positions", p99_ms(took),
                static_cast<double>(std::ranges::max(took).count()) / 1e6);
    EXPECT_LE(p99_ms(took), 500) << "far beyond what a busy machine explains";
  }
}

}  // namespace
}  // namespace litefs::proxy
