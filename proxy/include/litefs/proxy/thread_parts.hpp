// What the sessions of one worker thread use together. Not thread-safe: everything here belongs to its
// thread, but for `shared` and `all`, which guard themselves, and `counts`, which any thread may read.
#pragma once

#include <boost/intrusive/list.hpp>
#include <chrono>
#include <cstdint>
#include <string>

#include "litefs/proxy/node.hpp"
#include "litefs/proxy/stream.hpp"
#include "litefs/proxy/sweep.hpp"
#include "litefs/proxy/thread_counts.hpp"
#include "litefs/proxy/traffic.hpp"
#include "litefs/proxy/upstream_pool.hpp"
#include "litefs/proxy/view.hpp"

namespace litefs::proxy {

// How long a drain leaves kept connections open: a client may be about to use one. Its request is answered,
// with `Connection: close`.
inline constexpr std::chrono::milliseconds idle_in_drain{500};

// A client's connection as a drain sees it.
struct open_session
    : boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
  stream* io = nullptr;
  bool idle = false;  // between two requests
};

struct thread_parts {
  thread_parts(node& n, traffic& t, node_state initial)
      : shared(n),
        all(t),
        live(std::make_shared<live_config>(*n.live())),
        local(context, std::move(initial)),
        context(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO),  // its sockets are its thread's; who posts may be any
        ticks(context),
        upstreams(context, ticks, n.config.timeouts.target_idle, counts.upstreams_idle),
        log(t.log, ticks),
        id_prefix(random_hex(5)) {}
  ~thread_parts() { local.abandon_waits(); }  // sessions refer to what is destroyed first
  thread_parts(thread_parts const&) = delete;
  thread_parts& operator=(thread_parts const&) = delete;

  [[nodiscard]] std::string new_request_id() {
    constexpr std::string_view digits("0123456789abcdef");
    std::string id;
    id.reserve(id_prefix.size() + 10);
    id += id_prefix;
    ++requests;
    for (int shift = 36; shift >= 0; shift -= 4) id += digits[(requests >> shift) & 15U];
    return id;
  }

  node& shared;
  traffic& all;
  live_ptr live;  // a copy of our own, so that no other thread counts its users
  thread_counts counts;
  view local;
  // Destroyed before `local`: suspended sessions die with it, and leave the waiting lists of `local` as they
  // do.
  asio::io_context context;
  sweep ticks;
  upstream_pool upstreams;
  access_lines log;
  boost::intrusive::list<open_session, boost::intrusive::constant_time_size<false>> sessions;
  std::string const id_prefix;
  std::uint64_t requests = 0;
  bool draining = false;
};

}  // namespace litefs::proxy
