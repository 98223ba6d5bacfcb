#include "litefs/proxy/withhold.hpp"

namespace litefs::proxy {

awaitable<bool> lease_kept(transaction& t, std::uint64_t epoch) {
  auto const& lease = t.parts.shared.lease;
  if (lease.epoch() != epoch) co_return false;
  if (lease.holds()) co_return true;
  auto const deadline = clock::now() + t.config().primary_redirect_timeout;
  bool waiting = true;
  while (waiting && !lease.holds() && t.parts.local.state().role == role::primary)
    waiting = co_await t.parts.local.wait_change(deadline);
  co_return lease.holds() && lease.epoch() == epoch&& t.parts.local.state().role == role::primary;
}

}  // namespace litefs::proxy
