#include "litefs/proxy/publisher.hpp"

#include <utility>

namespace litefs::proxy {

void publisher::state(node_state const& s, std::optional<tx_event> tx) {
  facts_.role = s.role;
  facts_.mount_alive = s.mount_alive;
  facts_.primary = s.primary;
  write_page();  // first: an app that is asked for a request by a worker must not know less than the worker
  to_workers_(std::make_shared<node_state const>(s), std::move(tx));
}

void publisher::frozen(bool now) {
  facts_.frozen = now;
  write_page();
}

void publisher::write_page() {
  if (!page_ || published_ == facts_) return;
  page_->publish(facts_);
  published_ = facts_;
}

void publisher::beat() noexcept {
  if (page_) page_->beat();
}

}  // namespace litefs::proxy
