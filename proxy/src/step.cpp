#include "litefs/proxy/step.hpp"

#include "litefs/proxy/child_output.hpp"

#include <boost/asio/error.hpp>

#include <utility>

namespace litefs::proxy {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

namespace {

constexpr std::chrono::milliseconds kill_max{2'000};
constexpr std::chrono::milliseconds output_max{500};  // a grandchild may keep the pipe open

}  // namespace

asio::awaitable<result<int>> run_step(asio::io_context& context, reaper& r, condition& changed,
                                      step_options options, std::function<bool()> cancelled) {
  auto spawned = spawn_logged(context, r, changed, options.name, options.process);
  if (!spawned) co_return spawned.error();
  auto const from = spawned->output;
  auto& process = *spawned->process;
  condition::predicate over = [&] { return !process.running() || cancelled(); };
  bool const in_time = co_await changed.wait(clock::now() + options.timeout, over);
  bool const finished = !process.running();
  if (!finished) {
    process.signal_group(SIGKILL);
    condition::predicate dead = [&process] { return !process.running(); };
    co_await changed.wait(clock::now() + kill_max, dead);
  }
  condition::predicate read = [from] { return from->ended; };
  co_await changed.wait(clock::now() + output_max, read);
  from->pipe.close();
  if (finished) co_return process.exit_code().value_or(0);
  if (in_time) co_return make_error_code(asio::error::operation_aborted);
  co_return make_error_code(asio::error::timed_out);
}

}  // namespace litefs::proxy
