// Streams a request's body from the client to an upstream while the response is awaited or already relayed.
//
// Belongs to one worker thread. Runs beside the session, which must join() it before it uses the client's
// stream for reading again. Ends by itself on any error; a client's fault closes the upstream, so that the
// app sees a truncated body and never a complete one.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <memory>

#include "litefs/proxy/transaction.hpp"

namespace litefs::proxy {

class upload : public std::enable_shared_from_this<upload> {
 public:
  // `keep` owns what `t` refers to, for as long as the upload runs.
  upload(transaction& t, upstream_ptr to, std::shared_ptr<void> keep, std::chrono::milliseconds answer_max);

  void start();
  // Stops what still runs and waits for its end.
  awaitable<void> join();

  // When a response is overdue: `answer_max` after the last piece was sent. Moves while the upload runs.
  [[nodiscard]] time_point const& answer_deadline() const noexcept { return answer_deadline_; }
  [[nodiscard]] bool complete() const noexcept { return ended_ && !client_error_ && !upstream_error_; }
  // Why the client's body could not be read.
  [[nodiscard]] error_code client_error() const noexcept { return client_error_; }

 private:
  static awaitable<void> live(std::shared_ptr<upload> self);
  awaitable<void> run();
  awaitable<bool> send(std::string_view piece, bool last);

  transaction& transaction_;
  upstream_ptr to_;
  std::shared_ptr<void> keep_;
  asio::steady_timer ended_signal_;
  std::chrono::milliseconds answer_max_;
  time_point answer_deadline_;
  bool ended_ = false;
  bool stopping_ = false;
  error_code client_error_;
  error_code upstream_error_;
};

}  // namespace litefs::proxy
