#include "litefs/proxy/view.hpp"

#include "litefs/routing.hpp"

#include <boost/asio/post.hpp>

#include <utility>

namespace litefs::proxy {

namespace asio = boost::asio;

view::view(asio::io_context& context, node_state initial)
    : context_(context),
      state_(std::make_shared<node_state const>(std::move(initial))),
      moved_(context.get_executor()) {}

asio::awaitable<bool> view::wait_position(demands const& demanded, time_point deadline) {
  auto const before = changes_;
  condition::predicate done = [this, &demanded, before] { return changes_ != before || visible(demanded); };
  co_await moved_.wait(deadline, std::move(done));
  co_return visible(demanded);
}

asio::awaitable<bool> view::wait_change(time_point deadline) {
  auto const before = changes_;
  condition::predicate done = [this, before] { return changes_ != before; };
  co_return co_await moved_.wait(deadline, std::move(done));
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
  if (tx) {
    history_.record(database_id(tx->database), tx->position);
  } else {
    for (auto const& p : state_->positions) history_.record(database_id(p.database), p.position);
  }
  bool const other = before->role != state_->role || before->primary != state_->primary ||
                     before->mount_alive != state_->mount_alive;
  if (other) ++changes_;
  moved_.notify();
}

void view::changed() {
  ++changes_;
  moved_.notify();
}

bool view::visible(demands const& demanded) const noexcept {
  return !compare(demanded, *state_, history_).behind;
}

}  // namespace litefs::proxy
