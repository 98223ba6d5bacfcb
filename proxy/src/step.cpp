#include "litefs/proxy/step.hpp"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <unistd.h>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <memory>
#include <utility>

namespace litefs::proxy {

namespace asio = boost::asio;
using boost::system::error_code;
using clock = std::chrono::steady_clock;

namespace {

constexpr std::size_t line_max = 16 * 1024;
constexpr std::chrono::milliseconds kill_max{2'000};
constexpr std::chrono::milliseconds output_max{500};  // a grandchild may keep the pipe open

struct output {
  asio::posix::stream_descriptor pipe;
  bool ended = false;
};

asio::awaitable<void> log_lines(std::shared_ptr<output> from, std::string name, condition& changed) {
  std::string buffer;
  error_code failed;
  while (!failed) {
    auto const n = co_await asio::async_read_until(from->pipe, asio::dynamic_buffer(buffer, line_max), '\n',
                                                   asio::redirect_error(asio::use_awaitable, failed));
    auto const taken = failed ? buffer.size() : n;  // at the end, or when a line is too long: what there is
    auto const text = std::string_view(buffer).substr(0, taken);
    if (!text.empty()) spdlog::info("[{}] {}", name, text.substr(0, text.find('\n')));
    buffer.erase(0, taken);
    if (failed == asio::error::not_found) failed = {};
  }
  from->ended = true;
  changed.notify();
}

}  // namespace

asio::awaitable<result<int>> run_step(asio::io_context& context, reaper& r, condition& changed,
                                      step_options options, std::function<bool()> cancelled) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) co_return error_code(errno, boost::system::system_category());
  options.process.output = ends[1];
  auto spawned = child::spawn(r, options.process);
  ::close(ends[1]);
  auto const from = std::make_shared<output>(asio::posix::stream_descriptor(context, ends[0]));
  if (!spawned) co_return spawned.error();
  asio::co_spawn(context, log_lines(from, options.name, changed), asio::detached);

  auto& process = **spawned;
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
