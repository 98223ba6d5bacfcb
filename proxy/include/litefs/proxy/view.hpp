// A worker thread's view of the node: the newest node_state, the recent lineage, and who waits for what.
//
// The control thread posts each change; every worker reads its own copy without locks or atomics. Waits are
// woken by those posts, never by polling, and always end at their deadline. One per io_context; every member
// but the post_* ones must be called on that io_context's thread. Nothing here fails.
#pragma once

#include "litefs/cookie.hpp"
#include "litefs/event.hpp"
#include "litefs/lineage.hpp"
#include "litefs/node_state.hpp"
#include "litefs/proxy/condition.hpp"
#include "litefs/proxy/waiting_reads.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <memory>
#include <optional>

namespace litefs::proxy {

class view {
 public:
  view(boost::asio::io_context& context, node_state initial);
  view(view const&) = delete;
  view& operator=(view const&) = delete;

  [[nodiscard]] node_state const& state() const noexcept { return *state_; }
  [[nodiscard]] lineage const& history() const noexcept { return history_; }
  // A planned handoff runs: whoever is primary lets no new write start.
  [[nodiscard]] bool handoff_hold() const noexcept { return hold_; }

  // Until no demanded position is ahead of the local one (true), or the deadline passes or the role, primary
  // or mount changes so that waiting may be pointless (false): decide again. `demanded` must outlive the
  // wait.
  boost::asio::awaitable<bool> wait_position(demands const& demanded, time_point deadline);
  // Until role, primary, mount, handoff_hold or the target's availability changes (true) or the deadline
  // passes (false).
  boost::asio::awaitable<bool> wait_change(time_point deadline);

  // From any thread. `tx` is what made the difference, if a transaction did; without it all positions are
  // new.
  void post_state(std::shared_ptr<node_state const> state, std::optional<tx_event> tx);
  void post_hold(bool hold);
  // Something that wait_change() waits for changed in `node` (the target came up or went down).
  void post_wake();

  // On a thread that is over, before its io_context goes: destroys what still waits for a position.
  void abandon_waits() noexcept { reads_.abandon(); }

 private:
  void accept(std::shared_ptr<node_state const> state, std::optional<tx_event> const& tx);
  void changed();
  [[nodiscard]] demand const* first_ahead(demands const& demanded) const noexcept;

  boost::asio::io_context& context_;
  std::shared_ptr<node_state const> state_;
  lineage history_;
  bool hold_ = false;
  std::uint64_t changes_ = 0;  // of anything but positions
  waiting_reads reads_;
  condition changed_;
};

}  // namespace litefs::proxy
