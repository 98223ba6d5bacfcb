#include "litefs/proxy/primary_link.hpp"

#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>

#include "litefs/proxy/backoff.hpp"
#include "litefs/proxy/link_door.hpp"

namespace litefs::proxy {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

primary_link::primary_link(asio::io_context& context, condition& changed, node& shared, hooks with)
    : context_(context), changed_(changed), node_(shared), hooks_(std::move(with)), ticks_(context) {}

// Also while disconnected: the primary that was lost is the one to hear of first.
std::string primary_link::wanted() const {
  auto const& s = hooks_.state();
  bool const elsewhere = s.role == role::replica || s.role == role::disconnected;
  return elsewhere && !stopped_ ? s.primary : std::string();
}

asio::awaitable<void> primary_link::run() {
  backoff pause;
  std::string complained;  // once for each primary
  ticks_.start();
  while (!stopped_) {
    condition::predicate somebody = [this] { return stopped_ || !wanted().empty(); };
    co_await changed_.wait(time_point::max(), somebody);
    if (stopped_) co_return;
    peer_ = wanted();
    auto link = co_await dial_link(node_, context_, ticks_, peer_);
    if (link) {
      pause.reset();
      complained.clear();
      spdlog::info("peer link to {} is up", peer_);
      co_await converse(std::move(*link));
      spdlog::info("peer link to {} ended", peer_);
    } else if (std::exchange(complained, peer_) != peer_) {
      spdlog::warn("peer link to {}: {}", peer_, link.error().message());
    }
    condition::predicate other = [this] { return stopped_ || (!wanted().empty() && wanted() != peer_); };
    co_await changed_.wait(clock::now() + pause.next(), other);
  }
}

void primary_link::stop() {
  stopped_ = true;
  ticks_.stop();
  if (session_) session_->close();
  changed_.notify();
}

void primary_link::on_change() {
  if (!session_) return;
  if (wanted() != peer_) return session_->close();
  session_->report_changed();
}

asio::awaitable<void> primary_link::converse(open_link link) {
  if (wanted() != peer_) co_return;
  link_session::talk with{.own_report = hooks_.own_report,
                          .on_message = [this](link_message const& m) { receive(m); },
                          .incidents = hooks_.incidents};
  session_ = std::make_shared<link_session>(context_, std::move(link), std::move(with));
  co_await session_->run();
  session_.reset();
  hooks_.on_report(peer_, nullptr);
}

void primary_link::chronicle_changed() {
  if (session_) session_->chronicle_changed();
}

void primary_link::say(link_message const& m) {
  if (session_) session_->say(m);
}

void primary_link::receive(link_message const& m) {
  if (auto const* const report = std::get_if<node_report>(&m)) {
    if (report->role == role::primary) hooks_.on_report(peer_, report);
  } else if (auto const* const take = std::get_if<take_request>(&m)) {
    hooks_.on_take(*take);
  } else if (auto const* const told = std::get_if<told_incidents>(&m)) {
    if (hooks_.on_incidents) hooks_.on_incidents(*told);
  }
}

}  // namespace litefs::proxy
