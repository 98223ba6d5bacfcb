// The connections of one worker thread to the target and to peers: made, kept while idle, reused.
//
// Not thread-safe. An idle connection closes after `idle_max`; one that received anything while idle is never
// reused (it would answer the next request with it). Errors of connect() are the resolver's or the system's;
// whichever: no byte of a request was written.
#pragma once

#include <memory>
#include <vector>

#include "litefs/config.hpp"
#include "litefs/proxy/counter.hpp"
#include "litefs/proxy/log_limit.hpp"
#include "litefs/proxy/stream.hpp"
#include "litefs/proxy/stream_buffer.hpp"

namespace litefs::proxy {

struct upstream {
  upstream(asio::io_context& ctx, sweep& ticks) : io(stream_socket(ctx.get_executor()), ticks) {}

  stream io;
  stream_buffer buffer{68 * 1024};  // a head and 64 KiB of body in one read
  time_point idle_since;
  bool reused = false;
};
using upstream_ptr = std::shared_ptr<upstream>;

class upstream_pool final : public watched {
 public:
  // `idle_now` is told how many idle connections there are, at each sweep.
  upstream_pool(asio::io_context& ctx, sweep& ticks, std::chrono::milliseconds idle_max, counter& idle_now);

  // An idle connection that is quiet and idle for less than `idle`; nullptr if there is none.
  upstream_ptr take(endpoint const& to, std::chrono::milliseconds idle);
  // Over TLS by `tls`, if that is how `to` is reached.
  awaitable<result<upstream_ptr>> connect(endpoint const& to, std::chrono::milliseconds allowed,
                                          tls_context tls = nullptr);
  void keep(endpoint const& to, upstream_ptr connection);
  void clear() noexcept { idle_.clear(); }

  void on_sweep(time_point now) override;

 private:
  struct lane {
    endpoint to;
    std::vector<upstream_ptr> idle;  // the youngest last
  };
  lane& lane_of(endpoint const& to);
  awaitable<error_code> secure(upstream& connection, endpoint const& to, tls_context tls,
                               time_point deadline);

  asio::io_context& context_;
  sweep& sweep_;
  std::chrono::milliseconds idle_max_;
  counter& idle_now_;
  log_limit refusals_{std::chrono::seconds(10)};
  std::vector<lane> idle_;  // the target and a few peers: a linear search is the fastest
};

}  // namespace litefs::proxy
