#include "litefs/proxy/lease_guard.hpp"

#include <utility>

#include <spdlog/spdlog.h>
#include <boost/asio/co_spawn.hpp>

#include "litefs/proxy/must_live.hpp"

namespace litefs::proxy {

namespace asio = boost::asio;

lease_guard::lease_guard(asio::io_context& context, lease_proof& proof, std::chrono::milliseconds ttl,
                         std::string hostname, reader read, std::function<void()> proven)
    : context_(context),
      proof_(proof),
      valid_(ttl / 2),
      hostname_(std::move(hostname)),
      read_(std::move(read)),
      proven_(std::move(proven)) {
  prove(boot_clock::now());
}

void lease_guard::on_state(node_state const& s) {
  bool const primary = s.role == role::primary;
  if (std::exchange(primary_, primary) == primary) return;
  proof_.renew();
  session_.clear();
  complained_.clear();
  if (!primary) return;
  prove(boot_clock::now());  // LiteFS has got it this moment
  asio::co_spawn(context_, learn(), must_live);
}

void lease_guard::on_probe(boot_clock::time_point asked) {
  if (!primary_ || asking_) return;
  if (asked - proven_at_ > valid_)
    asio::co_spawn(context_, verify(), must_live);
  else
    prove(asked);
  if (session_.empty() && !asking_) asio::co_spawn(context_, learn(), must_live);
}

void lease_guard::prove(boot_clock::time_point at) {
  proven_at_ = at;
  proof_.extend(at + valid_);
}

asio::awaitable<void> lease_guard::learn() {
  asking_ = true;
  auto const found = co_await read_();
  asking_ = false;
  if (!primary_) co_return;
  if (!found) co_return complain("Consul cannot be asked: " + found.error().message());
  if (*found && (*found)->hostname == hostname_) session_ = (*found)->session;
}

asio::awaitable<void> lease_guard::verify() {
  asking_ = true;
  auto const before = boot_clock::now();
  auto const found = co_await read_();
  asking_ = false;
  if (!primary_) co_return;
  if (!found) co_return complain("Consul cannot be asked: " + found.error().message());
  if (!*found || (*found)->hostname != hostname_) co_return complain("it is lost");
  // Another session, or one that we did not know: somebody else may have been primary in between.
  if (std::exchange(session_, (*found)->session) != session_) proof_.renew();
  prove(before);
  spdlog::warn("lease: this node stood still for a while and is still primary");
  complained_.clear();
  proven_();
}

void lease_guard::complain(std::string const& what) {
  if (std::exchange(complained_, what) == what) return;
  spdlog::warn("lease: {}; without proof of it no write of this node is answered", what);
}

}  // namespace litefs::proxy
