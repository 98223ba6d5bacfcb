// Proves to the workers that this node, as primary, still holds its lease (lease_proof).
//
// LiteFS that answers a probe proves it for half a TTL: within that it must have renewed the lease, or will
// step down in time. After a longer gap (LiteFS, this process or the machine stood still) only Consul can
// tell, by a consistent read that still finds the session of before. Not thread-safe: control thread only.
#pragma once

#include <functional>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "litefs/config.hpp"
#include "litefs/node_state.hpp"
#include "litefs/proxy/lease.hpp"
#include "litefs/proxy/lease_proof.hpp"

namespace litefs::proxy {

class lease_guard {
 public:
  using reader = std::function<boost::asio::awaitable<lease_result>()>;

  // `proven` is called when a proof that had run out holds again. `read` asks Consul.
  lease_guard(boost::asio::io_context& context, lease_proof& proof, std::chrono::milliseconds ttl,
              std::string hostname, reader read, std::function<void()> proven);

  void on_state(node_state const& s);
  void on_probe(boot_clock::time_point asked);  // our LiteFS answered

 private:
  boost::asio::awaitable<void> learn();
  boost::asio::awaitable<void> verify();
  void prove(boot_clock::time_point at);
  void complain(std::string const& what);

  boost::asio::io_context& context_;
  lease_proof& proof_;
  std::chrono::milliseconds valid_;  // for so long an answer proves the lease
  std::string hostname_;
  reader read_;
  std::function<void()> proven_;
  bool primary_ = false;
  bool asking_ = false;
  std::string session_;  // of the lease, as Consul told it last
  boot_clock::time_point proven_at_;
  std::string complained_;
};

}  // namespace litefs::proxy
