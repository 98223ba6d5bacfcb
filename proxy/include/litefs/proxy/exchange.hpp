// One request sent over one upstream connection, up to the head of its response.
//
// Judges what a failure means: nothing was written (the request may go elsewhere), or its outcome is unknown.
// Belongs to the session's thread.
#pragma once

#include <memory>
#include <string>

#include "litefs/proxy/consistency.hpp"
#include "litefs/proxy/transaction.hpp"
#include "litefs/proxy/upload.hpp"
#include "litefs/proxy/upstream_pool.hpp"

namespace litefs::proxy {

enum class attempt_end : std::uint8_t {
  response,      // a final head (or 101) is there
  not_sent,      // not one byte was written
  unknown,       // the connection broke after something was written
  timed_out,     // no response in time; outcome unknown
  bad_response,  // an answer that could be read in two ways
  client_gone,   // the client's body broke off or was refused; see upload::client_error()
};

struct attempt {
  attempt_end end = attempt_end::not_sent;
  upstream_ptr connection;
  upstream_answer answer;
  std::unique_ptr<stream_buffer> ahead;  // of the answer's body, read before it could be passed on
  std::shared_ptr<upload> body;          // running or ended; null if the body was small
};

struct sending {
  std::chrono::milliseconds answer_max;  // from the end of the request to the head of its response
  bool expect_continue = false;          // a streamed body waits for the upstream's 100
  upstream_side side = upstream_side::target;
};

// Over `a.connection`; everything else of `a` is found out. `keep` owns the transaction.
awaitable<void> exchange(transaction& t, attempt& a, std::string const& head, sending how,
                         std::shared_ptr<void> const& keep);

// Reads a small body completely before it is sent, so that the request can be repeated elsewhere. The error
// is the client's.
awaitable<error_code> load_small_body(transaction& t);

}  // namespace litefs::proxy
