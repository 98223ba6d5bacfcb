#include "litefs/proxy/step.hpp"

#include <gtest/gtest.h>

#include "control_thread.hpp"

namespace litefs::proxy {
namespace {

namespace asio = boost::asio;

struct row {
  char const* script;
  int timeout_ms;
  bool cancelled;
  result<int> expected;
};

class steps : public testing::TestWithParam<row> {};

TEST_P(steps, end_as_they_should) {
  control_thread t;
  result<int> got = 0;
  t.run([](control_thread& thread, row const& r, result<int>& out) -> asio::awaitable<void> {
    step_options step;
    step.name = "test";
    step.process.cmd = {"sh", "-c", r.script};
    step.timeout = std::chrono::milliseconds(r.timeout_ms);
    std::function<bool()> const cancelled = [&r] { return r.cancelled; };
    out = co_await run_step(thread.context, thread.reap, thread.changed, std::move(step), cancelled);
  }(t, GetParam(), got));
  EXPECT_EQ(got, GetParam().expected) << GetParam().script;
}

INSTANTIATE_TEST_SUITE_P(
    table, steps,
    testing::Values(row{"echo line; exit 0", 5'000, false, 0}, row{"echo line >&2; exit 3", 5'000, false, 3},
                    row{"head -c 100000 /dev/zero", 5'000, false, 0},  // a line without end
                    row{"sleep 2 & exit 4", 5'000, false, 4},          // a grandchild keeps the pipe
                    row{"sleep 1000", 50, false, make_error_code(asio::error::timed_out)},
                    row{"sleep 1000", 5'000, true, make_error_code(asio::error::operation_aborted)}));

}  // namespace
}  // namespace litefs::proxy
