// A replica's end of the peer link: it dials the primary's proxy and keeps the conversation up.
//
// Follows the role: no primary, or being it, means no link; another primary means another link. Dials again
// for ever, with a jittered back-off of 50 ms to 1 s. Nothing here fails. Not thread-safe: control thread
// only.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "litefs/proxy/condition.hpp"
#include "litefs/proxy/link_session.hpp"
#include "litefs/proxy/node.hpp"

namespace litefs::proxy {

class primary_link {
 public:
  struct hooks {
    std::function<node_state const&()> state;
    std::function<node_report()> own_report;
    // Of the primary, as long as it says that it is; nullptr when the link to it ends.
    std::function<void(std::string const& primary, node_report const*)> on_report;
    // The primary wants this node to take over.
    std::function<void(take_request const&)> on_take;
    std::function<chronicle const&()> incidents{};
    std::function<void(told_incidents const&)> on_incidents{};
  };

  primary_link(boost::asio::io_context& context, condition& changed, node& shared, hooks with);

  boost::asio::awaitable<void> run();  // until stop()
  void stop();
  // Role, primary or anything in our own report changed.
  void on_change();
  void chronicle_changed();
  void say(link_message const& m);  // to the primary, if the link is up

 private:
  [[nodiscard]] std::string wanted() const;
  boost::asio::awaitable<void> converse(open_link link);
  void receive(link_message const& m);

  boost::asio::io_context& context_;
  condition& changed_;
  node& node_;
  hooks hooks_;
  sweep ticks_;
  std::shared_ptr<link_session> session_;
  std::string peer_;  // of the session
  bool stopped_ = false;
};

}  // namespace litefs::proxy
