// Proves to the workers that this node, as primary, still holds its lease (lease_proof).
//
// Each time our LiteFS answers a probe, once a second, Consul is asked as well, by a consistent read. Both
// together prove the lease for half a TTL: LiteFS, which renews it at that pace, was alive, and Consul still
// had it in our name. One without the other proves nothing: a frozen LiteFS renews nothing, and one whose
// packets to Consul vanish waits for an answer for a quarter of an hour, primary all the while (v0.5.14,
// consul/consul.go: Renew() has no time-out). Not thread-safe: control thread only.
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
  // A node that was handed the lease has put its name there by then.
  static constexpr std::chrono::milliseconds settle{1'000};

  // `proven` is called when a proof that had run out holds again. `read` asks Consul.
  lease_guard(boost::asio::io_context& context, lease_proof& proof, std::chrono::milliseconds ttl,
              std::string hostname, reader read, std::function<void()> proven);

  void on_state(node_state const& s);
  void on_probe(boot_clock::time_point asked);  // our LiteFS answered

 private:
  boost::asio::awaitable<void> verify(boot_clock::time_point answered);
  void prove(boot_clock::time_point at);
  void judge(std::optional<lease_holder> const& holder, boot_clock::time_point answered);
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
  boot_clock::time_point primary_since_;
  std::string complained_;
};

}  // namespace litefs::proxy
