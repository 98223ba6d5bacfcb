// Asks this node's own LiteFS once a second whether it is well (GET /info): a LiteFS that is frozen keeps its
// event stream open and silent. Each question is bounded by `answer_max`; a failed one is only the lack of an
// answer. Not thread-safe: control thread only.
#pragma once

#include <functional>

#include <boost/asio/awaitable.hpp>

#include "litefs/config.hpp"
#include "litefs/proxy/boot_clock.hpp"
#include "litefs/proxy/condition.hpp"

namespace litefs::proxy {

class litefs_probe {
 public:
  static constexpr std::chrono::milliseconds interval{1'000};
  static constexpr std::chrono::milliseconds answer_max{1'000};

  litefs_probe(condition& changed, endpoint api) : changed_(changed), api_(std::move(api)) {}

  // Called after each answer, with the time at which it was asked for; set before run().
  std::function<void(boot_clock::time_point asked)> on_answer;

  boost::asio::awaitable<void> run();  // until stop()
  void stop();

  // Since LiteFS last answered a question, counted from when it was asked; since the start if it never did.
  [[nodiscard]] std::chrono::milliseconds age() const noexcept;
  [[nodiscard]] bool candidate() const noexcept { return candidate_; }  // as it last said; true before

 private:
  boost::asio::awaitable<void> ask();

  condition& changed_;
  endpoint api_;
  boot_clock::time_point well_at_ = boot_clock::now();
  bool candidate_ = true;  // a node that may become primary must not be overlooked
  bool stopped_ = false;
};

}  // namespace litefs::proxy
