#include "litefs/proxy/view.hpp"

#include <boost/asio/post.hpp>

#include <utility>

namespace litefs::proxy {

namespace asio = boost::asio;

view::view(asio::io_context& context, node_state initial)
    : context_(context),
      state_(std::make_shared<node_state const>(std::move(initial))),
      reads_(context),
      changed_(context.get_executor()) {}

asio::awaitable<bool> view::wait_position(demands const& demanded, time_point deadline) {
  auto const before = changes_;
  for (;;) {
    auto const* const ahead = first_ahead(demanded);
    if (ahead == nullptr) co_return true;
    if (changes_ != before || std::chrono::steady_clock::now() >= deadline) co_return false;
    co_await reads_.wait(ahead->database, ahead->position.txid, deadline);
  }
}

asio::awaitable<bool> view::wait_change(time_point deadline) {
  auto const before = changes_;
  condition::predicate done = [this, before] { return changes_ != before; };
  co_return co_await changed_.wait(deadline, std::move(done));
}

void view::post_state(std::shared_ptr<node_state const> state, std::optional<tx_event> tx) {
  asio::post(context_, [this, state = std::move(state), tx = std::move(tx)]() mutable {
    accept(std::move(state), tx);
  });
}

void view::post_hold(bool hold) {
  asio::post(context_, [this, hold] {
    if (std::exchange(hold_, hold) != hold) changed();
  });
}

void view::post_wake() {
  asio::post(context_, [this] { changed(); });
}

void view::accept(std::shared_ptr<node_state const> state, std::optional<tx_event> const& tx) {
  auto const before = std::exchange(state_, std::move(state));
  auto const moved = [this](std::string const& database, position const& to) {
    auto const id = database_id(database);
    history_.record(id, to);
    reads_.reached(id, to.txid);
  };
  if (tx) {
    moved(tx->database, tx->position);
  } else {
    for (auto const& p : state_->positions) moved(p.database, p.position);
  }
  bool const other = before->role != state_->role || before->primary != state_->primary ||
                     before->mount_alive != state_->mount_alive;
  if (other) changed();
}

void view::changed() {
  ++changes_;
  reads_.wake_all();
  changed_.notify();
}

demand const* view::first_ahead(demands const& demanded) const noexcept {
  for (auto const& wanted : demanded) {
    auto const* const local = state_->find(wanted.database);
    if (local != nullptr && wanted.position.txid > local->position.txid) return &wanted;
  }
  return nullptr;
}

}  // namespace litefs::proxy
