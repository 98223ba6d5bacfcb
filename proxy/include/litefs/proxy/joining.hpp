// How a node that started LiteFS as no candidate becomes one.
//
// While there is a primary, as soon as it holds that primary's history. While there is none, every candidate
// it remembers is asked what it holds, twice a second, and judge_start() says who goes first. A node that
// must not become primary says so once, with the way out, and keeps looking. Not thread-safe: control thread
// only.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "litefs/cold_start.hpp"
#include "litefs/proxy/condition.hpp"
#include "litefs/proxy/membership.hpp"
#include "litefs/proxy/node.hpp"

namespace litefs::proxy {

inline constexpr std::string_view standing_path = "/litefs/peer/standing";

[[nodiscard]] own_response answer_standing(heard_node const& own);
[[nodiscard]] std::optional<heard_node> parse_standing(std::string_view json);
// What the node answers; nullopt if it does not, or cannot tell yet.
boost::asio::awaitable<std::optional<heard_node>> ask_standing(node& shared, std::string hostname);

class joining {
 public:
  struct hooks {
    std::function<node_state const&()> state;
    std::function<bool()> positions_known;
    std::function<boost::asio::awaitable<std::optional<heard_node>>(std::string)> ask;
    std::function<boost::asio::awaitable<void>()> become_candidate;
  };

  joining(condition& changed, node& shared, membership const& members, hooks with)
      : changed_(changed), node_(shared), members_(members), hooks_(std::move(with)) {}

  boost::asio::awaitable<void> run();  // until this node is a candidate, or stop()
  void stop();
  // This node becomes primary whatever the others may hold; false if it is a candidate already.
  bool force();

  [[nodiscard]] bool candidate() const noexcept { return candidate_; }
  // It waited in vain: it serves reads, and goes on looking for a primary.
  [[nodiscard]] bool refused() const noexcept { return refused_; }

 private:
  boost::asio::awaitable<bool> may_lead(time_point started);
  boost::asio::awaitable<std::map<std::string, heard_node>> ask_all();
  void complain(std::string const& why);

  condition& changed_;
  node& node_;
  membership const& members_;
  hooks hooks_;
  bool candidate_ = false;
  bool refused_ = false;
  bool forced_ = false;
  bool stopped_ = false;
};

}  // namespace litefs::proxy
