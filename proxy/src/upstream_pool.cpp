#include "litefs/proxy/upstream_pool.hpp"

#include <spdlog/spdlog.h>
#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include "litefs/proxy/resolve.hpp"

namespace litefs::proxy {

namespace {
constexpr std::size_t idle_per_lane_max = 256;
constexpr std::size_t lanes_max = 64;
}  // namespace

upstream_pool::upstream_pool(asio::io_context& ctx, sweep& ticks, std::chrono::milliseconds idle_max,
                             counter& idle_now)
    : context_(ctx), sweep_(ticks), idle_max_(idle_max), idle_now_(idle_now) {
  sweep_.watch(*this);
}

upstream_ptr upstream_pool::take(endpoint const& to, std::chrono::milliseconds idle) {
  auto& idle_here = lane_of(to).idle;
  while (!idle_here.empty()) {
    auto connection = std::move(idle_here.back());
    idle_here.pop_back();
    if (sweep_.now() - connection->idle_since > idle) {
      idle_here.clear();  // all others are older
      return nullptr;
    }
    if (connection->io.peek() != idle_state::quiet) continue;
    connection->reused = true;
    return connection;
  }
  return nullptr;
}

awaitable<result<upstream_ptr>> upstream_pool::connect(endpoint const& to, std::chrono::milliseconds allowed,
                                                       tls_context tls) {
  auto const deadline = clock::now() + allowed;
  auto const addresses = co_await resolve(context_, to, allowed);
  if (addresses.has_error()) co_return addresses.error();
  error_code failed;
  for (auto const& address : *addresses) {
    auto const left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - clock::now());
    if (left <= std::chrono::milliseconds(0)) break;
    auto connection = std::make_shared<upstream>(context_, sweep_);
    failed = co_await connection->io.connect(address, left);
    if (!failed && to.tls) failed = co_await secure(*connection, to, tls, deadline);
    if (!failed) co_return connection;
  }
  co_return failed ? failed : asio::error::timed_out;
}

awaitable<error_code> upstream_pool::secure(upstream& connection, endpoint const& to, tls_context tls,
                                            time_point deadline) {
  if (!tls) co_return error_code(asio::error::no_protocol_option);
  auto const failed = co_await connection.io.secure(tls, to.host, deadline);
  if (!failed) co_return failed;
  auto const refused = connection.io.refused_certificate();
  if (refusals_.pass(clock::now()))
    spdlog::warn("TLS with {}: {}", to_string(to), refused.empty() ? failed.message() : refused);
  co_return failed;
}

void upstream_pool::keep(endpoint const& to, upstream_ptr connection) {
  auto& idle_here = lane_of(to).idle;
  if (idle_here.size() >= idle_per_lane_max) return;
  connection->idle_since = sweep_.now();
  idle_here.push_back(std::move(connection));
}

void upstream_pool::on_sweep(time_point now) {
  std::size_t left = 0;
  for (auto& lane : idle_) {
    auto const first_young = std::find_if(lane.idle.begin(), lane.idle.end(),
                                          [&](auto const& c) { return now - c->idle_since < idle_max_; });
    left += static_cast<std::size_t>(lane.idle.end() - first_young);
    // Closed later: destroying watched objects inside a sweep would break its list.
    if (first_young == lane.idle.begin()) continue;
    std::vector<upstream_ptr> old(lane.idle.begin(), first_young);
    lane.idle.erase(lane.idle.begin(), first_young);
    asio::post(context_, [old = std::move(old)] {});
  }
  idle_now_.set(left);
}

upstream_pool::lane& upstream_pool::lane_of(endpoint const& to) {
  auto const found = std::find_if(idle_.begin(), idle_.end(), [&](lane const& l) { return l.to == to; });
  if (found != idle_.end()) return *found;
  if (idle_.size() >= lanes_max) idle_.erase(idle_.begin() + 1);  // never the first: that is the target
  return idle_.emplace_back(lane{to, {}});
}

}  // namespace litefs::proxy
