// The parts of the control thread that only a node of a cluster has: keeper, watcher, publisher, LiteFS, peer
// links, handoff.
//
// Constructed before the workers start, destroyed after they have joined. Not thread-safe: control thread
// only.
#pragma once

#include <optional>

#include <boost/asio/io_context.hpp>

#include "litefs/proxy/confirmations.hpp"
#include "litefs/proxy/gate_controller.hpp"
#include "litefs/proxy/handoff.hpp"
#include "litefs/proxy/joining.hpp"
#include "litefs/proxy/keeper_link.hpp"
#include "litefs/proxy/lease_guard.hpp"
#include "litefs/proxy/litefs_probe.hpp"
#include "litefs/proxy/litefs_process.hpp"
#include "litefs/proxy/maintenance.hpp"
#include "litefs/proxy/membership.hpp"
#include "litefs/proxy/primary_link.hpp"
#include "litefs/proxy/publisher.hpp"
#include "litefs/proxy/reaper.hpp"
#include "litefs/proxy/recorder.hpp"
#include "litefs/proxy/replica_links.hpp"
#include "litefs/proxy/stuck_litefs.hpp"
#include "litefs/proxy/view.hpp"
#include "litefs/proxy/watcher.hpp"
#include "litefs/proxy/worker.hpp"
#include "litefs/replication_delay.hpp"

namespace litefs::proxy {

class cluster_node {
 public:
  // Requires shared.config.litefs. Throws boost::system::system_error if the node page cannot be created.
  cluster_node(boost::asio::io_context& context, condition& changed, reaper& r, node& shared,
               worker_group& workers, maintenance& freezing, recorder& happened);

  void start();          // everything begins to run
  void stop_links();     // no peer hears of this node any more
  void stop_watching();  // last of all: LiteFS has ended
  void on_freeze();      // maintenance began, ended, or has another number
  // The app's processes hear of maintenance when its requests that write have ended, at most handoff-drain
  // later: before, those would be refused half way.
  boost::asio::awaitable<void> freeze_processes();

  [[nodiscard]] view const& own_view() const noexcept { return view_; }
  [[nodiscard]] gate_controller& gate() noexcept { return gate_; }
  [[nodiscard]] watcher const& watched() const noexcept { return watcher_; }
  [[nodiscard]] keeper_link& keeper() noexcept { return keeper_; }
  [[nodiscard]] node_state const& state() const noexcept { return watcher_.state(); }
  [[nodiscard]] litefs_process* litefs() noexcept { return litefs_ ? &*litefs_ : nullptr; }  // null: not ours
  void close_page() noexcept {
    publisher_.close();
    gate_.close();
  }
  // Null if this node was a candidate from its start, or does not choose.
  [[nodiscard]] proxy::joining* joining() noexcept { return joining_ ? &*joining_ : nullptr; }
  // What an authenticated peer asks for (/litefs/peer/…).
  boost::asio::awaitable<own_response> answer_peer(own_request request);
  [[nodiscard]] proxy::handoff& handing_over() noexcept { return handoff_; }
  [[nodiscard]] node_report own_report() const;
  [[nodiscard]] replica_links& replicas() noexcept { return replicas_; }
  [[nodiscard]] replica_links const& replicas() const noexcept { return replicas_; }
  [[nodiscard]] confirmations& confirmed() noexcept { return confirmed_; }
  [[nodiscard]] confirmations const& confirmed() const noexcept { return confirmed_; }
  void tell_peers();      // something of our own report changed
  void tell_incidents();  // something happened
  [[nodiscard]] replication_delay const& delays() const noexcept { return delays_; }

 private:
  void guard_lease(consul_lease const& lease);
  [[nodiscard]] joining::hooks joining_hooks();
  [[nodiscard]] stuck_litefs::hooks stuck_hooks(consul_lease const& lease);
  void on_state(std::shared_ptr<node_state const> state, std::optional<tx_event> tx);
  [[nodiscard]] primary_link::hooks link_hooks();
  [[nodiscard]] replica_links::hooks replica_hooks();
  void measure(node_state const& state, std::optional<tx_event> const& tx);
  void hear(std::string const& primary, node_report const* report);
  boost::asio::awaitable<void> take_over(std::string ticket);

  boost::asio::io_context& context_;
  condition& changed_;
  node& node_;
  worker_group& workers_;
  maintenance& maintenance_;
  recorder& happened_;
  view view_;             // the control thread's own
  gate_controller gate_;  // its folder before the page that leads to it
  publisher publisher_;
  keeper_link keeper_;
  watcher watcher_;
  std::optional<litefs_process> litefs_;
  litefs_probe probe_;
  std::optional<lease_guard> lease_guard_;
  std::optional<stuck_litefs> stuck_;
  confirmations confirmed_;
  replication_delay delays_;
  membership members_;
  std::optional<proxy::joining> joining_;
  replica_links replicas_;
  primary_link link_;
  proxy::handoff handoff_;
};

}  // namespace litefs::proxy
