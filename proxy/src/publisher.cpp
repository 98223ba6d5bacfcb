#include "litefs/proxy/publisher.hpp"

#include <utility>

namespace litefs::proxy {

void publisher::state(node_state const& s, std::optional<tx_event> tx) {
  facts_.role = s.role;
  facts_.mount_alive = s.mount_alive;
  facts_.primary = s.primary;
  // The page first: an app that is asked for a request by a worker must not know less than the worker.
  if (page_ && published_ != facts_) {
    page_->publish(facts_);
    published_ = facts_;
  }
  to_workers_(std::make_shared<node_state const>(s), std::move(tx));
}

void publisher::beat() noexcept {
  if (page_) page_->beat();
}

}  // namespace litefs::proxy
