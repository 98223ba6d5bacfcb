#include "litefs/proxy/resolve.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>

namespace litefs::proxy {

namespace {

using asio::ip::tcp;
using address = asio::generic::stream_protocol::endpoint;

// Outlives the wait: a look-up cannot be cancelled, only abandoned.
struct lookup {
  explicit lookup(asio::io_context& ctx) : resolver(ctx), timer(ctx) {}
  tcp::resolver resolver;
  asio::steady_timer timer;
  error_code failed = asio::error::timed_out;
  address found;
};

}  // namespace

awaitable<result<address>> resolve(asio::io_context& ctx, endpoint const& to, std::chrono::milliseconds allowed) {
  if (!to.unix_path.empty()) co_return address(asio::local::stream_protocol::endpoint(to.unix_path));
  error_code ec;
  auto const host = to.host.empty() ? std::string("127.0.0.1") : to.host;
  auto const literal = asio::ip::make_address(host, ec);
  if (!ec) co_return address(tcp::endpoint(literal, to.port));

  auto job = std::make_shared<lookup>(ctx);
  job->timer.expires_after(allowed);
  job->resolver.async_resolve(host, std::to_string(to.port), [job](error_code failed, auto const& results) {
    job->failed = failed ? failed : results.empty() ? error_code(asio::error::host_not_found) : error_code{};
    if (!job->failed) job->found = results.begin()->endpoint();
    job->timer.cancel();
  });
  co_await job->timer.async_wait(no_throw);
  if (job->failed) co_return result<address>(boost::system::in_place_error, job->failed);
  co_return job->found;
}

}  // namespace litefs::proxy
