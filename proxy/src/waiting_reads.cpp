#include "litefs/proxy/waiting_reads.hpp"

#include <boost/asio/post.hpp>
#include <utility>

namespace litefs::proxy {

awaitable<bool> waiting_reads::wait(std::uint32_t database, txid wanted, time_point deadline) {
  waiter w;
  w.wanted = wanted;
  w.deadline = deadline;
  databases_[database].insert(w);
  deadlines_.insert(w);
  set_timer();
  auto suspend = [&w](auto continuation) { w.continuation.emplace(std::move(continuation)); };
  co_return co_await asio::async_initiate<asio::use_awaitable_t<> const, void(bool)>(suspend,
                                                                                     asio::use_awaitable);
}

void waiting_reads::reached(std::uint32_t database, txid now) {
  auto const found = databases_.find(database);
  if (found == databases_.end()) return;
  auto& waiting = found->second;
  while (!waiting.empty() && waiting.begin()->wanted <= now) end(*waiting.begin(), true);
}

void waiting_reads::wake_all() {
  while (!deadlines_.empty()) end(*deadlines_.begin(), false);
}

void waiting_reads::abandon() noexcept {
  timer_.reset();
  while (!deadlines_.empty()) {
    auto& w = *deadlines_.begin();
    w.txid_link::unlink();
    w.deadline_link::unlink();
    auto const dropped = std::exchange(w.continuation, std::nullopt);  // the frame of `w` goes with it
  }
}

void waiting_reads::end(waiter& w, bool reached) {
  w.txid_link::unlink();
  w.deadline_link::unlink();
  asio::post(context_, [continuation = std::move(*w.continuation), reached]() mutable {
    std::move(continuation)(reached);
  });
}

// Only ever brought forward; one that comes too early finds nothing due and is set again.
void waiting_reads::set_timer() {
  auto const next = deadlines_.empty() ? time_point::max() : deadlines_.begin()->deadline;
  if (next >= timer_at_) return;
  timer_at_ = next;
  if (!timer_) timer_.emplace(context_);
  timer_->expires_at(next);
  timer_->async_wait([this](error_code ec) {
    if (!ec) expire();
  });
}

void waiting_reads::expire() {
  timer_at_ = time_point::max();
  auto const now = clock::now();
  while (!deadlines_.empty() && deadlines_.begin()->deadline <= now) end(*deadlines_.begin(), false);
  set_timer();
}

}  // namespace litefs::proxy
