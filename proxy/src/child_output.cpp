#include "litefs/proxy/child_output.hpp"

#include <array>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <unistd.h>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "litefs/proxy/log.hpp"

namespace litefs::proxy {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr std::size_t line_max = 16 * 1024;

asio::awaitable<void> log_lines(std::shared_ptr<child_output> from, std::string name, condition& changed) {
  std::string buffer;
  error_code failed;
  while (!failed) {
    auto const n = co_await asio::async_read_until(from->pipe, asio::dynamic_buffer(buffer, line_max), '\n',
                                                   asio::redirect_error(asio::use_awaitable, failed));
    auto const taken = failed ? buffer.size() : n;  // at the end, or when a line is too long: what there is
    auto const text = std::string_view(buffer).substr(0, taken);
    if (!text.empty()) log_of_child(name, text.substr(0, text.find('\n')));
    buffer.erase(0, taken);
    if (failed == asio::error::not_found) failed = {};
  }
  from->ended = true;
  changed.notify();
}

}  // namespace

result<logged_child> spawn_logged(asio::io_context& context, reaper& r, condition& changed, std::string name,
                                  child_options options) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return error_code(errno, boost::system::system_category());
  options.output = ends[1];
  auto spawned = child::spawn(r, options);
  ::close(ends[1]);
  auto from = std::make_shared<child_output>(asio::posix::stream_descriptor(context, ends[0]));
  if (!spawned) return spawned.error();
  asio::co_spawn(context, log_lines(from, std::move(name), changed), asio::detached);
  return logged_child{std::move(*spawned), std::move(from)};
}

}  // namespace litefs::proxy
