// Notes what happens on this node, and keeps what other nodes tell of themselves.
//
// It looks at the node four times a second and compares, so what comes and goes in between is not noted.
// Nothing here fails, and nothing is decided by it. Not thread-safe: control thread only.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "litefs/chronicle.hpp"
#include "litefs/glance.hpp"
#include "litefs/link_message.hpp"
#include "litefs/proxy/condition.hpp"
#include "litefs/proxy/worker.hpp"

namespace litefs::proxy {

class recorder {
 public:
  static constexpr std::chrono::milliseconds pace{250};

  struct hooks {
    std::function<glance()> look;
    std::function<void()> on_change;  // the chronicle has grown: others want to know
  };

  recorder(boost::asio::io_context& context, std::string hostname, worker_group const& workers, hooks with);

  boost::asio::awaitable<void> run();  // until stop()
  void stop();
  void hear(told_incidents const& told);  // by a peer
  [[nodiscard]] chronicle const& all() const noexcept { return chronicle_; }
  [[nodiscard]] node_load load() const;  // now

 private:
  struct sample {
    time_point at;
    std::uint64_t requests;
  };

  void note(std::string_view kind, std::string what);
  void count_requests();

  std::string hostname_;
  worker_group const& workers_;
  hooks hooks_;
  condition told_;
  chronicle chronicle_;
  std::deque<sample> samples_;  // the last `rate_window`
  bool stopped_ = false;
};

}  // namespace litefs::proxy
