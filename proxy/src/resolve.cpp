#include "litefs/proxy/resolve.hpp"

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>

namespace litefs::proxy {

namespace {

using asio::ip::tcp;
using addresses = tcp::resolver::results_type;

// Outlives the wait: a look-up that has begun cannot be ended, only abandoned.
struct lookup {
  explicit lookup(asio::any_io_executor const& executor) : resolver(executor), timer(executor) {}
  tcp::resolver resolver;
  asio::steady_timer timer;
  error_code failed = asio::error::timed_out;
  addresses found;
};

}  // namespace

awaitable<result<addresses>> look_up(asio::any_io_executor executor, endpoint to,
                                     std::chrono::milliseconds allowed) {
  error_code ec;
  auto const host = to.host.empty() ? std::string("127.0.0.1") : to.host;
  auto const port = std::to_string(to.port);
  auto const literal = asio::ip::make_address(host, ec);
  if (!ec) co_return addresses::create(tcp::endpoint(literal, to.port), host, port);

  auto const job = std::make_shared<lookup>(executor);
  job->timer.expires_after(allowed);
  job->resolver.async_resolve(host, port, [job](error_code failed, addresses const& results) {
    job->failed = failed ? failed : results.empty() ? error_code(asio::error::host_not_found) : error_code{};
    job->found = results;
    job->timer.cancel();
  });
  co_await job->timer.async_wait(no_throw);
  // One thread does all look-ups: while a name server is silent they would queue up without bound.
  job->resolver.cancel();
  if (job->failed) co_return result<addresses>(boost::system::in_place_error, job->failed);
  co_return job->found;
}

awaitable<result<socket_addresses>> resolve(asio::io_context& ctx, endpoint const& to,
                                            std::chrono::milliseconds allowed) {
  socket_addresses all;
  if (!to.unix_path.empty()) {
    all.emplace_back(asio::local::stream_protocol::endpoint(to.unix_path));
    co_return all;
  }
  error_code ec;  // the data path's usual case: no coroutine, no timer
  auto const literal = asio::ip::make_address(to.host.empty() ? "127.0.0.1" : to.host, ec);
  if (!ec) {
    all.emplace_back(tcp::endpoint(literal, to.port));
    co_return all;
  }
  auto const found = co_await look_up(ctx.get_executor(), to, allowed);
  if (!found) co_return result<socket_addresses>(boost::system::in_place_error, found.error());
  for (auto const& entry : *found) all.emplace_back(entry.endpoint());
  co_return all;
}

}  // namespace litefs::proxy
