// Frees a LiteFS that is stuck with the wrong idea of who is primary.
//
// It does not notice for minutes that the primary it follows is frozen or cut off, and so does not take the
// free lease either; one that was frozen itself as primary may never find the next one; and one whose
// question to Consul went astray waits for the answer, primary all the while. Consul knows better: if it
// names somebody else (or nobody, while the peer link to the primary is silent, or while we call ourselves
// primary), this node's LiteFS is restarted, once for each lease. Consul is asked once a second, only while
// no primary is in reach or our own lease is not proven. Not thread-safe: control thread only.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "litefs/proxy/condition.hpp"
#include "litefs/proxy/lease.hpp"

namespace litefs::proxy {

class stuck_litefs {
 public:
  struct pace {
    std::chrono::milliseconds interval{1'000};
    std::chrono::milliseconds patience{10'000};  // for LiteFS to find the lease's new owner
  };

  struct hooks {
    std::function<node_state const&()> state;
    std::function<bool()> follows_silence;
    std::function<bool()> unproven;  // we are primary, and lease_guard is not sure of it
    std::function<boost::asio::awaitable<lease_result>()> read_lease;
    std::function<void()> restart;
  };

  stuck_litefs(condition& changed, std::string hostname, hooks with) noexcept
      : stuck_litefs(changed, std::move(hostname), std::move(with), pace{}) {}
  stuck_litefs(condition& changed, std::string hostname, hooks with, pace of) noexcept
      : changed_(changed), hostname_(std::move(hostname)), hooks_(std::move(with)), pace_(of) {}

  boost::asio::awaitable<void> run();  // until stop()
  void stop();

 private:
  [[nodiscard]] bool in_doubt() const;
  [[nodiscard]] bool is_wrong(std::optional<lease_holder> const& holder, time_point now);

  condition& changed_;
  std::string hostname_;
  hooks hooks_;
  pace pace_;
  std::string lease_;  // the newest that contradicts our LiteFS
  time_point since_;   // and since when it does
  bool freed_ = false;
  bool stopped_ = false;
};

}  // namespace litefs::proxy
