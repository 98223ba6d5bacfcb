#include "litefs/proxy/sweep.hpp"

namespace litefs::proxy {

sweep::sweep(asio::io_context& ctx) : timer_(ctx.get_executor()), now_(clock::now()) {}

void sweep::start() { tick(); }

void sweep::stop() { timer_.cancel(); }

void sweep::tick() {
  now_ = clock::now();
  for (auto it = list_.begin(); it != list_.end();) {
    auto& w = *it++;
    w.on_sweep(now_);
  }
  timer_.expires_at(now_ + period);
  timer_.async_wait([this](error_code ec) {
    if (!ec) tick();
  });
}

}  // namespace litefs::proxy
