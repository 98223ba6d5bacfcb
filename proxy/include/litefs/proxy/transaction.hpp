// One request of a client while it is worked on: what was asked, what was decided, what became of it.
//
// Belongs to its session; views point into the session's head buffer, which stays put until the next request.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "litefs/cookie.hpp"
#include "litefs/hop.hpp"
#include "litefs/proxy/body_reader.hpp"
#include "litefs/proxy/forwarded.hpp"
#include "litefs/proxy/thread_parts.hpp"
#include "litefs/request_rules.hpp"
#include "litefs/routing.hpp"

namespace litefs::proxy {

// The client's side of a session, as the request path needs it.
struct client_side {
  stream io;
  stream_buffer head{4096};
  stream_buffer block{64 * 1024};  // of a body longer than what came with its head
  std::string address;
  bool trusted = false;
};

struct transaction {
  transaction(thread_parts& p, client_side& c, time_point now = clock::now())
      : parts(p), live(p.live), client(c), begun(now) {}

  thread_parts& parts;
  live_ptr const live;  // as it was when the request began
  client_side& client;
  time_point const begun;  // its head was there
  request_head head;
  accepted_request accepted;
  std::string path;  // canonical, for rules
  demands demanded;
  request_facts facts;
  std::optional<hop> peer;  // authenticated
  bool replay_hop = false;  // the peer says that this is a second run
  bool ack_path = false;    // of ack-paths
  forwarded origin;
  std::string id;

  std::optional<body_reader> body;
  std::string_view held;  // the complete body, if it is small
  std::string held_copy;  // its storage when it did not come with the head
  bool body_loaded = false;
  bool continued = false;  // 100 was sent
  bool retried = false;

  litefs::route route{action::refuse, reason::rejected};
  request_times times;
  int status = 0;
  bool answered = false;   // a final response began
  bool keep_alive = true;  // of the client's connection
  std::string ran_by = "-";

  [[nodiscard]] bool streams_body() const noexcept { return body && !body->done() && !body_loaded; }
  // What is read of the client's body before anything is asked of an upstream, so that it can be repeated.
  [[nodiscard]] bool small_body_due() const noexcept {
    auto const& f = accepted.framing;
    return streams_body() && f.kind == body_kind::length && f.length <= config().limits.held_body;
  }
  [[nodiscard]] bool has_body() const noexcept { return accepted.framing.kind != body_kind::none; }
  // Known to write: a second run, or a route that was one before.
  [[nodiscard]] bool second_run() const noexcept { return facts.replay || facts.remembered || replay_hop; }
  [[nodiscard]] bool clustered() const noexcept { return parts.shared.clustered(); }
  [[nodiscard]] proxy_config const& config() const noexcept { return live->config; }
};

}  // namespace litefs::proxy
