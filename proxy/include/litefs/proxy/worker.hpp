// One worker thread of the proxy: an io_context of its own, its SO_REUSEPORT listeners, its view of the node,
// its pools. A connection never leaves the thread that accepted it.
//
// The constructor binds (and throws boost::system::system_error naming the address), so that a start fails
// before any child runs. Every other member may be called from any thread. Destruction stops and joins.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "litefs/config.hpp"
#include "litefs/event.hpp"
#include "litefs/node_state.hpp"
#include "litefs/proxy/live_config.hpp"

namespace litefs::proxy {

class inherited_listeners;
struct doorway;
struct node;
struct thread_counts;
struct traffic;
class view;

class worker {
 public:
  worker(node& shared, traffic& all, std::vector<doorway> const& doorways, node_state initial);
  ~worker();
  worker(worker const&) = delete;
  worker& operator=(worker const&) = delete;

  // The addresses as bound: port 0 is replaced by the port the system chose.
  [[nodiscard]] std::vector<endpoint> const& bound() const noexcept;
  [[nodiscard]] view& node_view() noexcept;  // for view::post_*
  [[nodiscard]] thread_counts const& counts() const noexcept;
  [[nodiscard]] std::vector<int> listening() const;

  void post_hold(bool hold);
  void post_live(live_ptr live);
  void start();           // runs the io_context on a new thread
  void stop_accepting();  // closes the listeners
  void drain();           // kept connections close in a moment, busy ones after their response
  void close_all();       // aborts what is left and ends the thread
  void join();

 private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

// All workers of a proxy. `threads` of the configuration, 0 = one per core.
class worker_group {
 public:
  // `inherited`: sockets that listen already; each thread gets a share of those of its addresses.
  worker_group(node& shared, node_state const& initial, inherited_listeners* inherited = nullptr);
  ~worker_group();
  worker_group(worker_group const&) = delete;
  worker_group& operator=(worker_group const&) = delete;

  [[nodiscard]] std::vector<endpoint> const& bound() const noexcept { return bound_; }
  [[nodiscard]] std::vector<int> listening() const;        // the sockets; before stop_accepting() only
  [[nodiscard]] std::size_t connections() const noexcept;  // of clients, open now
  [[nodiscard]] traffic const& all() const noexcept { return *traffic_; }
  [[nodiscard]] std::vector<thread_counts const*> counts() const;  // of each thread

  void start();
  void post_state(std::shared_ptr<node_state const> state, std::optional<tx_event> tx);  // to every view
  void post_hold(bool hold);
  void post_live(live_ptr const& live);  // requests that begin from now on go by it
  // Every thread holds, and the app runs no unsafe request any more.
  [[nodiscard]] bool writes_ended() const noexcept;
  void post_wake();  // node.target_up or target_down changed
  void stop_accepting();
  void drain();
  void close_all();
  void join();

 private:
  std::unique_ptr<traffic> traffic_;
  std::vector<endpoint> bound_;
  std::vector<std::unique_ptr<worker>> workers_;
};

}  // namespace litefs::proxy
