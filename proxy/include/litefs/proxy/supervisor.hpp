// The order in which a node starts and stops, and its exit code.
//
// Start: (listeners are bound already) keeper, LiteFS, mount and role, anchors, each-start steps, app. Stop:
// health 503, drain delay, the primary role to another node, no new connections, drain, app, our own handles,
// LiteFS. A second stop() shortens every wait. A step that fails, an app or a LiteFS that gives up stops the
// node. A step that ends with wants_primary (75) runs again once this node is the primary. Not thread-safe:
// control thread only.
#pragma once

#include "litefs/proxy/app_process.hpp"
#include "litefs/proxy/cluster_node.hpp"
#include "litefs/proxy/condition.hpp"
#include "litefs/proxy/node.hpp"
#include "litefs/proxy/service_notice.hpp"
#include "litefs/proxy/worker.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace litefs::proxy {

class supervisor {
 public:
  supervisor(boost::asio::io_context& context, node& shared, worker_group& workers, reaper& r,
             condition& changed, cluster_node* cluster);  // null: role single

  boost::asio::awaitable<int> run();  // the exit code of the node
  void stop() noexcept;               // SIGTERM; the second one is fast
  // How often each child was started, by name.
  [[nodiscard]] std::vector<std::pair<std::string, std::uint64_t>> starts() const;

 private:
  boost::asio::awaitable<std::optional<int>> start();  // an exit code if it must not go on
  boost::asio::awaitable<std::optional<int>> wait_for_litefs();
  boost::asio::awaitable<std::optional<int>> run_steps();
  boost::asio::awaitable<result<int>> run_until_done(process_options p);
  bool find_users();
  void start_processes();
  [[nodiscard]] bool wanted(run_on where) const;
  [[nodiscard]] bool work_running() const;  // that only the primary runs
  void target_is(bool up);
  [[nodiscard]] int code_of_app() const;  // after it was stopped
  boost::asio::awaitable<int> serve();
  boost::asio::awaitable<void> shut_down();
  boost::asio::awaitable<void> hand_off(milliseconds allowed);
  boost::asio::awaitable<void> drain(time_point deadline);
  [[nodiscard]] bool stopping() const noexcept { return stops_ > 0; }
  [[nodiscard]] bool fast() const noexcept { return stops_ > 1; }
  [[nodiscard]] bool litefs_given_up() const noexcept;

  boost::asio::io_context& context_;
  node& node_;
  worker_group& workers_;
  reaper& reaper_;
  condition& changed_;
  cluster_node* cluster_;
  std::map<std::string, identity> users_;
  std::vector<std::unique_ptr<app_process>> processes_;
  service_notice notice_;
  std::optional<time_point> took_role_;  // for a step, and the app does not answer yet
  int stops_ = 0;
};

}  // namespace litefs::proxy
