// What is asked of the cluster as a whole, by a shell on this node (control socket) or by another node's
// litefs-proxy (/litefs/peer/…): how all nodes are, maintenance, and that a named node becomes primary. A
// shell may also have a lost candidate forgotten, on the primary.
//
// A node that is not the primary passes the question on to it, signed and bounded; a peer's question is never
// passed on again. Control thread only; nothing fails but by the answer's status.
#pragma once

#include <string_view>

#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>

#include "litefs/proxy/cluster_node.hpp"
#include "litefs/proxy/maintenance.hpp"
#include "litefs/proxy/node.hpp"
#include "litefs/proxy/own_endpoints.hpp"
#include "litefs/proxy/peer_call.hpp"
#include "litefs/proxy/recorder.hpp"
#include "litefs/proxy/view.hpp"

namespace litefs::proxy {

class cluster_requests {
 public:
  // `cluster` is null on a single node.
  cluster_requests(node& shared, view const& own, cluster_node* cluster, maintenance& freezing,
                   recorder const& happened);

  // True for /cluster, /maintenance, /promote and /forget, and for the same under /litefs/peer/.
  [[nodiscard]] static bool knows(std::string_view target) noexcept;
  boost::asio::awaitable<own_response> answer(own_request request);
  // Every node as the primary knows them, and what happened lately; as this node knows them, with an "error",
  // if the primary does not answer.
  boost::asio::awaitable<boost::json::object> all_nodes(bool pass_on);

 private:
  boost::asio::awaitable<own_response> freeze_writes(own_request request);
  boost::asio::awaitable<own_response> promote(own_request request);
  own_response force_promotion();
  own_response forget(own_request const& request);
  boost::asio::awaitable<own_response> pass(std::string to, std::string path, std::string body,
                                            call_limits limits);
  [[nodiscard]] boost::json::object seen_from_here() const;
  [[nodiscard]] node_state const& state() const noexcept;

  node& node_;
  view const& own_;
  cluster_node* cluster_;
  maintenance& maintenance_;
  recorder const& happened_;
};

}  // namespace litefs::proxy
