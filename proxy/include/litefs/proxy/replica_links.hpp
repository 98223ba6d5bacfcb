// The primary's ends of the peer links: one for each node that dialled, by hostname.
//
// A newer link of a node replaces its older one; at most `links_max` nodes are kept, and as many that are
// gone, for `lost_max`. Any node accepts links,
// since a caller can know of a change of primary before we do. Not thread-safe: control thread only.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "litefs/proxy/condition.hpp"
#include "litefs/proxy/link_door.hpp"
#include "litefs/proxy/link_session.hpp"
#include "litefs/proxy/node.hpp"

namespace litefs::proxy {

class replica_links {
 public:
  static constexpr std::size_t links_max = 128;
  static constexpr std::chrono::hours lost_max{1};

  struct peer {
    std::shared_ptr<link_session> session;
    std::optional<node_report> report;
    std::optional<take_refusal> refusal;  // the newest
  };

  // A node whose link ended, with the last that it said.
  struct lost_peer {
    node_report report;
    std::chrono::steady_clock::time_point since;
  };

  struct hooks {
    std::function<node_report()> own_report;
    std::function<void(std::string const& from, node_report const&)> on_report;
    std::function<void(std::string const& from)> on_gone;  // its link ended, and no newer one is there
    std::function<chronicle const&()> incidents{};
    std::function<void(told_incidents const&)> on_incidents{};
  };

  replica_links(boost::asio::io_context& context, condition& changed, node& shared, hooks with);

  void accept(link_caller caller);
  void report_changed();  // our own
  void chronicle_changed();
  void stop();

  // By hostname; who has not reported yet has no report.
  [[nodiscard]] std::map<std::string, peer, std::less<>> const& peers() const noexcept { return peers_; }
  [[nodiscard]] std::map<std::string, lost_peer, std::less<>> const& lost() const noexcept { return lost_; }
  void forget_lost();  // this node is not the primary any more
  // False if there is no link to that node or it does not read.
  bool say(std::string_view hostname, link_message const& m);
  // Why the node will not take over under this ticket, as far as it has said so or has gone.
  [[nodiscard]] std::optional<std::string> refusal(std::string_view hostname, std::string_view ticket) const;

 private:
  boost::asio::awaitable<void> serve(std::string from, std::shared_ptr<link_session> session);
  void receive(std::string const& from, link_session const* session, link_message const& m);
  void lose(std::string const& from);
  peer* find(std::string const& from, link_session const* session);

  boost::asio::io_context& context_;
  condition& changed_;
  node& node_;
  hooks hooks_;
  sweep ticks_;  // never started: a link keeps its own time
  std::map<std::string, peer, std::less<>> peers_;
  std::map<std::string, lost_peer, std::less<>> lost_;
  bool stopped_ = false;
};

}  // namespace litefs::proxy
