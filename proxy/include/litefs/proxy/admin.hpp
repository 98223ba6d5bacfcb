// What admin-addr answers: GET /metrics, the probes of own_endpoints.hpp, and the cluster in view:
//
//   /litefs/status       a page for browsers, JSON for everyone else (told apart by the Accept header)
//   /litefs/status.json  this node in detail, and the cluster as its primary knows it
//   /litefs/events       the cluster as server-sent events
//
// For reading alone: nothing there changes the node. The page's files are those of the page in Django's
// admin, built in. Control thread only; nothing fails.
#pragma once

#include <functional>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "litefs/proxy/cluster_feed.hpp"
#include "litefs/proxy/cluster_requests.hpp"
#include "litefs/proxy/control_server.hpp"
#include "litefs/proxy/metrics.hpp"
#include "litefs/proxy/own_endpoints.hpp"

namespace litefs::proxy {

class admin {
 public:
  admin(boost::asio::io_context& context, std::function<metrics_source()> source, cluster_requests& cluster);

  boost::asio::awaitable<door_answer> answer(door_request request);
  void stop() { feed_.stop(); }  // viewers are let go

 private:
  boost::asio::awaitable<own_response> status();

  std::function<metrics_source()> source_;
  cluster_requests& cluster_;
  cluster_feed feed_;
};

}  // namespace litefs::proxy
