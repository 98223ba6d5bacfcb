// Closes and opens this node's read gate: told where the primary is and where this node is, it does what
// gate_policy decides and keeps the closing's lease alive while it lasts.
//
// It also looks who reads when a closing brings nothing: a read older than a second keeps the gate open, and
// is named in the log once. Everything is a few nanoseconds but such a look, which reads a page for each
// process of the app. Nothing here blocks or fails. Not thread-safe: control thread only.
#pragma once

#include "litefs/gate_policy.hpp"
#include "litefs/proxy/publisher.hpp"
#include "litefs/read_pages.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace litefs::proxy {

class gate_controller {
 public:
  static constexpr std::chrono::milliseconds lease{50};  // of a closing, after the last word of a dead proxy
  static constexpr std::chrono::milliseconds renewal{20};
  static constexpr std::chrono::milliseconds look_after{30};  // closed for so long in vain: who reads?
  static constexpr std::chrono::milliseconds look_again{100};
  static constexpr std::chrono::milliseconds long_read{1'000};

  struct counters {
    std::uint64_t closings = 0;
    std::chrono::microseconds closed{0};
  };

  // `page` names the node page that `publish` writes. Throws boost::system::system_error if the folder of the
  // read pages cannot be made. With `enabled` false the gate is never closed.
  gate_controller(boost::asio::io_context& context, publisher& publish, std::string const& page, bool enabled,
                  gate_policy::options options = {});

  // The primary's position in a database, each time it is told.
  void primary_at(std::string_view database, position const& at);
  // Our own one, when it becomes visible here.
  void local_at(std::string_view database, position const& at);
  // No news from the primary any more, or we are it.
  void primary_unknown();

  [[nodiscard]] counters const& counted() const noexcept { return counters_; }
  // Who reads now, and what was counted.
  [[nodiscard]] boost::json::object status();
  void close() noexcept { pages_.reset(); }  // the folder of the read pages goes away

 private:
  void decide();
  void arm(time_point now);
  void look(time_point now);

  publisher& publish_;
  gate_policy policy_;
  std::optional<read_pages> pages_;
  boost::asio::steady_timer timer_;
  bool const enabled_;
  bool closed_ = false;
  bool long_read_ = false;
  time_point closed_since_{};
  time_point look_due_{};
  counters counters_;
};

}  // namespace litefs::proxy
