#include "litefs/read_gate.hpp"

#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <future>
#include <new>
#include <thread>
#include <vector>

namespace litefs {
namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

constexpr auto long_lease = 10s;
constexpr auto soon = 2s;  // far more than any of these waits should take, on a busy machine too

template <class F>
std::chrono::milliseconds time_of(F call) {
  auto const begun = clock::now();
  call();
  return std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - begun);
}

TEST(read_gate, is_open_at_first_and_after_each_closing) {
  read_gate gate;
  EXPECT_EQ(gate.pass(), passage::open);
  for (int i = 0; i < 3; ++i) {
    gate.close(long_lease);
    EXPECT_EQ(gate.pass(0ms), passage::timed_out);
    gate.open();
    gate.open();  // twice is once
    EXPECT_EQ(gate.pass(), passage::open);
  }
}

TEST(read_gate, a_wait_has_the_readers_bound) {
  read_gate gate;
  gate.close(long_lease);
  auto const waited = time_of([&] { EXPECT_EQ(gate.pass(20ms), passage::timed_out); });
  EXPECT_GE(waited, 20ms);
  EXPECT_LT(waited, soon);
}

TEST(read_gate, a_lease_that_nobody_renews_ends_the_closing) {
  read_gate gate;
  gate.close(20ms);
  EXPECT_LT(time_of([&] { EXPECT_EQ(gate.pass(long_lease), passage::waited); }), soon);
  EXPECT_EQ(gate.pass(), passage::open);  // still closed, if anybody renewed it
  gate.close(long_lease);
  EXPECT_EQ(gate.pass(0ms), passage::timed_out);
}

TEST(read_gate, everyone_who_waits_is_woken) {
  read_gate gate;
  gate.close(long_lease);
  std::vector<std::future<passage>> readers;
  for (int i = 0; i < 8; ++i)
    readers.push_back(std::async(std::launch::async, [&] { return gate.pass(5s); }));
  std::this_thread::sleep_for(20ms);
  auto const waited = time_of([&] {
    gate.open();
    for (auto& r : readers) EXPECT_NE(r.get(), passage::timed_out);
  });
  EXPECT_LT(waited, soon);
}

TEST(read_gate, a_reader_waits_for_one_closing_only) {
  read_gate gate;
  gate.close(long_lease);
  auto reader = std::async(std::launch::async, [&] { return gate.pass(5s); });
  std::this_thread::sleep_for(20ms);
  gate.open();
  gate.close(long_lease);
  EXPECT_LT(time_of([&] { EXPECT_EQ(reader.get(), passage::waited); }), soon);
}

extern "C" void ignore_signal(int) {}

TEST(read_gate, signals_do_not_shorten_a_wait) {
  struct sigaction action {};
  action.sa_handler = ignore_signal;
  ASSERT_EQ(::sigaction(SIGUSR1, &action, nullptr), 0);
  read_gate gate;
  gate.close(long_lease);
  std::promise<::pthread_t> who;
  std::atomic<bool> done{false};
  std::thread reader([&] {
    who.set_value(::pthread_self());
    EXPECT_GE(time_of([&] { EXPECT_EQ(gate.pass(50ms), passage::timed_out); }), 50ms);
    done = true;
  });
  auto const thread = who.get_future().get();
  while (!done) {
    ::pthread_kill(thread, SIGUSR1);
    std::this_thread::sleep_for(1ms);
  }
  reader.join();
}

// Readers map the page for reading only, in other processes.
TEST(read_gate, wakes_readers_of_other_processes_that_cannot_write_it) {
  int const file = ::memfd_create("gate", 0);
  ASSERT_GE(file, 0);
  ASSERT_EQ(::ftruncate(file, sizeof(read_gate)), 0);
  void* const memory = ::mmap(nullptr, sizeof(read_gate), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  ASSERT_NE(memory, MAP_FAILED);
  auto* const gate = new (memory) read_gate;
  gate->close(long_lease);
  ::pid_t const child = ::fork();
  if (child == 0) {
    auto const* const mine =
        static_cast<read_gate const*>(::mmap(nullptr, sizeof(read_gate), PROT_READ, MAP_SHARED, file, 0));
    ::_exit(static_cast<int>(mine->pass(long_lease)));
  }
  std::this_thread::sleep_for(20ms);
  gate->open();
  int status = 0;
  auto const waited = time_of([&] { ASSERT_EQ(::waitpid(child, &status, 0), child); });
  EXPECT_LT(waited, soon);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_NE(WEXITSTATUS(status), static_cast<int>(passage::timed_out));
  ::munmap(memory, sizeof(read_gate));
  ::close(file);
}

}  // namespace
}  // namespace litefs
