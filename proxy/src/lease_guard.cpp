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
  primary_since_ = boot_clock::now();
  prove(primary_since_);  // LiteFS has got it this moment
}

void lease_guard::on_probe(boot_clock::time_point asked) {
  if (primary_ && !asking_) asio::co_spawn(context_, verify(asked), must_live);
}

void lease_guard::prove(boot_clock::time_point at) { proof_.extend(at + valid_); }

asio::awaitable<void> lease_guard::verify(boot_clock::time_point answered) {
  asking_ = true;
  auto const found = co_await read_();
  asking_ = false;
  if (!primary_) co_return;
  if (found) {
    judge(*found, answered);
  } else if (!proof_.holds()) {
    complain("Consul cannot be asked: " + found.error().message());
  }
}

void lease_guard::judge(std::optional<lease_holder> const& holder, boot_clock::time_point answered) {
  if (!holder || holder->hostname != hostname_) {
    if (answered < primary_since_ + settle) return;
    proof_.extend(boot_clock::time_point::min());
    return complain(holder ? "Consul gave it to " + holder->hostname
                           : std::string("Consul gave it to nobody"));
  }
  bool const lapsed = !proof_.holds();
  auto const before = std::exchange(session_, holder->session);
  // Another session, or after a gap one that was not known: somebody else may have been primary in between.
  if (before != session_ && (lapsed || !before.empty())) proof_.renew();
  prove(answered);
  if (!lapsed) return;
  spdlog::warn("lease: without proof for a while, but this node is still primary");
  complained_.clear();
  proven_();
}

void lease_guard::complain(std::string const& what) {
  if (std::exchange(complained_, what) == what) return;
  spdlog::warn("lease: {}; without proof of it no write of this node is answered", what);
}

}  // namespace litefs::proxy
