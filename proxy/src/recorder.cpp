#include "litefs/proxy/recorder.hpp"

#include <utility>

#include <spdlog/spdlog.h>

#include "litefs/proxy/thread_counts.hpp"
#include "litefs/proxy/traffic.hpp"
#include "litefs/proxy/version.hpp"

namespace litefs::proxy {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

namespace {

constexpr std::chrono::milliseconds rate_window{2'000};

std::int64_t wall_clock_ms() {
  auto const since = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
}

}  // namespace

recorder::recorder(asio::io_context& context, std::string hostname, worker_group const& workers, hooks with)
    : hostname_(std::move(hostname)),
      workers_(workers),
      hooks_(std::move(with)),
      told_(context.get_executor()) {}

asio::awaitable<void> recorder::run() {
  note("restart", fmt::format("started, version {}", version()));
  auto before = hooks_.look();
  condition::predicate over = [this] { return stopped_; };
  while (!stopped_) {
    count_requests();
    auto now = hooks_.look();
    for (auto& found : what_changed(before, now)) note(found.kind, std::move(found.what));
    before = std::move(now);
    co_await told_.wait(clock::now() + pace, over);
  }
}

void recorder::stop() {
  stopped_ = true;
  told_.notify();
}

void recorder::note(std::string_view kind, std::string what) {
  if (what.size() > chronicle::what_max) what.resize(chronicle::what_max);
  incident one{
      .at_ms = wall_clock_ms(), .node = hostname_, .kind = std::string(kind), .what = std::move(what)};
  if (chronicle_.merge({std::move(one)})) hooks_.on_change();
}

void recorder::hear(told_incidents const& told) {
  if (chronicle_.merge(told.incidents)) hooks_.on_change();
}

void recorder::count_requests() {
  std::uint64_t requests = 0;
  for (auto const* const counts : workers_.counts()) requests += counts->received.value();
  auto const now = clock::now();
  samples_.push_back({now, requests});
  while (samples_.size() > 2 && now - samples_.front().at > rate_window) samples_.pop_front();
}

node_load recorder::load() const {
  auto const& all = workers_.all();
  node_load found{.held = all.held.load(),
                  .waiting = all.waiting.load(),
                  .acknowledging = all.acknowledging.load(),
                  .requests_per_s = 0};
  if (samples_.size() < 2) return found;
  std::chrono::duration<double> const span = samples_.back().at - samples_.front().at;
  auto const requests = static_cast<double>(samples_.back().requests - samples_.front().requests);
  if (span.count() > 0) found.requests_per_s = static_cast<std::uint64_t>(requests / span.count() + 0.5);
  return found;
}

}  // namespace litefs::proxy
