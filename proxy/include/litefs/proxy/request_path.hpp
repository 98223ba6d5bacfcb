// What happens to one accepted request: decide, then own answer, target, wait, peer, hold or refusal, until
// it is answered. Every hold and retry is bounded by primary-redirect-timeout and limits.held.
//
// Belongs to the session's thread. On return either a final response was sent (t.answered), or the client is
// gone.
#pragma once

#include <memory>
#include <string>

#include "litefs/proxy/exchange.hpp"
#include "litefs/proxy/transaction.hpp"

namespace litefs::proxy {

class request_path {
 public:
  // `keep` owns the transaction.
  static awaitable<void> serve(transaction& t, std::shared_ptr<void> keep);

 private:
  request_path(transaction& t, std::shared_ptr<void> keep);

  enum class next : std::uint8_t { done, again };

  route choose();
  awaitable<next> step();
  awaitable<next> answer_here();
  awaitable<next> wait_for_position();
  awaitable<next> hold(std::string_view why);
  awaitable<next> to_target();
  awaitable<next> to_primary();
  awaitable<next> by_fly();
  awaitable<next> pause(std::string_view why, retry_cause cause);
  awaitable<next> not_executed_there(attempt const& a, std::string_view mac, std::string_view primary);
  awaitable<next> failed(attempt& a);
  awaitable<next> finish(attempt& a, endpoint const& to);
  awaitable<bool> client_ready();
  awaitable<void> client_failed(error_code ec);
  // Leaves `a` as it is if nobody was reached.
  awaitable<void> send_to(attempt& a, endpoint const& to, std::chrono::milliseconds connect_max,
                          std::string const& head, sending how);
  void note_upstream_time(attempt const& a, std::size_t side, time_point begun);
  // A read that only wanted to be fresher can be answered here instead, marked.
  [[nodiscard]] bool wants_freshness() const noexcept;
  [[nodiscard]] bool may_be_stale() const noexcept;
  next read_here();
  [[nodiscard]] std::chrono::milliseconds left() const;
  [[nodiscard]] bool wants_replay(attempt const& a) const;

  transaction& t_;
  std::shared_ptr<void> keep_;
  time_point hold_until_;           // of everything that waits for another state
  time_point read_until_;           // of waiting for a position
  time_point fresh_until_;          // of trying to read at the primary what could be read here
  std::shared_ptr<upload> upload_;  // the newest: joined before the request ends, whatever happens
  std::chrono::milliseconds pause_;
  int signed_anew_ = 0;
  std::size_t targets_tried_ = 0;
};

}  // namespace litefs::proxy
