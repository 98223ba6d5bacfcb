#include "litefs/proxy/watcher.hpp"

#include <spdlog/spdlog.h>
#include <boost/asio/co_spawn.hpp>

#include <utility>

#include "litefs/proxy/backoff.hpp"
#include "litefs/proxy/must_live.hpp"

namespace litefs::proxy {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

namespace {

constexpr milliseconds tick_interval{250};

}  // namespace

watcher::watcher(asio::io_context& context, condition& changed, litefs_options options, keeper_link& keeper,
                 publisher& publish)
    : context_(context),
      changed_(changed),
      options_(std::move(options)),
      keeper_(keeper),
      publish_(publish),
      machine_(role_machine::options{.hostname = options_.hostname}, clock::now()) {
  machine_.on_mount(false, clock::now());  // nothing is known to be alive before the keeper says so
}

asio::awaitable<void> watcher::run() {
  asio::co_spawn(context_, keep_time(), must_live);
  publish_.state(state(), std::nullopt);
  backoff pause;
  while (!stopped_) {
    event_stream stream(context_.get_executor());
    stream_ = &stream;
    if (co_await stream.connect(options_.api)) {
      pause.reset();
      ++connects_;
      publish_.litefs_id(stream.litefs_id());
      co_await follow(stream);
    }
    stream_ = nullptr;
    lost();
    condition::predicate told_to_stop = [this] { return stopped_; };
    co_await changed_.wait(clock::now() + pause.next(), told_to_stop);
  }
}

void watcher::stop() {
  stopped_ = true;
  if (stream_ != nullptr) stream_->close();
  changed_.notify();
}

asio::awaitable<void> watcher::follow(event_stream& stream) {
  request_resync();
  for (;;) {
    auto const line = co_await stream.next_line();
    if (!line) {
      if (!stopped_) spdlog::warn("LiteFS's event stream ended: {}", line.error().message());
      co_return;
    }
    handle(*line);
  }
}

void watcher::handle(std::string_view line) {
  auto const now = clock::now();
  auto const parsed = parse_event(line);
  if (!parsed) return spdlog::warn("LiteFS sent an event that is none: {}", parsed.error().message());
  if (auto const* const tx = std::get_if<tx_event>(&*parsed)) {
    moved_.insert(tx->database);
    bool const other = machine_.on_tx(*tx, now);
    publish_.state(state(), *tx);
    if (other) changed_.notify();
  } else if (auto const* const primary = std::get_if<primary_event>(&*parsed)) {
    told(machine_.on_primary(*primary, now));
  }
}

void watcher::lost() { told(machine_.on_stream_lost(clock::now())); }

void watcher::told(bool changed) {
  if (changed) {
    auto const& s = state();
    auto const words = fmt::format("role {}, primary {}, mount {}", to_string(s.role),
                                   s.primary.empty() ? "-" : s.primary, s.mount_alive ? "alive" : "dead");
    if (words != logged_) spdlog::info("state: {}", words);
    logged_ = words;
    publish_.state(s, std::nullopt);
  }
  changed_.notify();
}

void watcher::on_report(mount_report const& r) {
  bool const alive = r.health == mount_health::alive;
  auto const now = clock::now();
  bool const remounted = alive && r.device != device_;
  device_ = alive ? r.device : 0;
  publish_.mount_device(device_);
  bool changed = machine_.on_mount(alive, now) || remounted;
  if (alive) changed = machine_.on_lag(r.lag, now) || changed;
  told(changed);
  // A mount that came (back) may hold other positions; a read that failed is repeated with the next report.
  if (remounted) resync_due_ = true;
  if (alive && resync_due_) request_resync();
}

void watcher::on_heard(std::string const& primary, time_point when) {
  if (machine_.on_heard(primary, when, clock::now())) told(true);
}

bool watcher::follows_silence() const noexcept { return machine_.follows_silence(clock::now()); }

void watcher::on_litefs_gone() {
  keeper_.replace();
  on_report({.health = mount_health::dead});
  if (stream_ != nullptr) stream_->close();
}

void watcher::request_resync() {
  resync_due_ = true;
  if (!resyncing_ && state().mount_alive) asio::co_spawn(context_, resync(), must_live);
}

asio::awaitable<void> watcher::resync() {
  resyncing_ = true;
  moved_.clear();
  auto const read = co_await keeper_.positions();
  resyncing_ = false;
  if (!read) co_return;
  resync_due_ = false;
  auto positions = *read;
  // A transaction seen meanwhile is newer than what the keeper read.
  for (auto& p : positions) {
    auto const* const known = state().find(database_id(p.database));
    if (known != nullptr && moved_.contains(p.database)) p = *known;
  }
  machine_.resync(positions);
  told(true);
}

asio::awaitable<void> watcher::keep_time() {
  while (!stopped_) {
    publish_.beat();
    if (machine_.tick(clock::now())) told(true);
    condition::predicate told_to_stop = [this] { return stopped_; };
    co_await changed_.wait(clock::now() + tick_interval, told_to_stop);
  }
}

}  // namespace litefs::proxy
