// The reads of one thread that wait until a database has come far enough, ordered by TXID: a transaction
// costs what it wakes, however many wait, and all deadlines share one timer.
//
// Not thread-safe: everything belongs to the thread of the io_context. Waits end by reached(), wake_all() or
// their deadline, and are resumed through the executor, never from inside a call. What still waits when the
// thread is over must be given up with abandon() before the io_context is destroyed.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <boost/intrusive/set.hpp>
#include <cstdint>
#include <map>
#include <optional>

#include "litefs/position.hpp"
#include "litefs/proxy/net.hpp"

namespace litefs::proxy {

class waiting_reads {
 public:
  // `context` is not used before the first wait.
  explicit waiting_reads(asio::io_context& context) : context_(context) {}
  ~waiting_reads() { abandon(); }
  waiting_reads(waiting_reads const&) = delete;
  waiting_reads& operator=(waiting_reads const&) = delete;

  // True when reached() came to `wanted`, false at the deadline or by wake_all().
  awaitable<bool> wait(std::uint32_t database, txid wanted, time_point deadline);
  void reached(std::uint32_t database, txid now);
  [[nodiscard]] bool empty() const noexcept { return deadlines_.empty(); }
  void wake_all();
  void abandon() noexcept;

 private:
  using resume = asio::async_result<asio::use_awaitable_t<>, void(bool)>::handler_type;
  using link = boost::intrusive::link_mode<boost::intrusive::auto_unlink>;
  struct by_txid;
  struct by_deadline;
  using txid_link = boost::intrusive::set_base_hook<link, boost::intrusive::tag<by_txid>>;
  using deadline_link = boost::intrusive::set_base_hook<link, boost::intrusive::tag<by_deadline>>;

  // Lives in the frame of the coroutine that waits; a frame that is destroyed takes it out of both orders.
  struct waiter : txid_link, deadline_link {
    txid wanted;
    time_point deadline;
    std::optional<resume> continuation;
  };
  struct txid_of {
    using type = txid;
    txid operator()(waiter const& w) const noexcept { return w.wanted; }
  };
  struct deadline_of {
    using type = time_point;
    time_point operator()(waiter const& w) const noexcept { return w.deadline; }
  };
  template <class Hook, class Key>
  using ordered = boost::intrusive::multiset<waiter, boost::intrusive::base_hook<Hook>,
                                             boost::intrusive::key_of_value<Key>,
                                             boost::intrusive::constant_time_size<false>>;

  void end(waiter& w, bool reached);
  void set_timer();
  void expire();

  asio::io_context& context_;
  std::optional<asio::steady_timer> timer_;
  time_point timer_at_ = time_point::max();  // nothing is due before
  std::map<std::uint32_t, ordered<txid_link, txid_of>> databases_;
  ordered<deadline_link, deadline_of> deadlines_;
};

}  // namespace litefs::proxy
