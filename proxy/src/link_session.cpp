#include "litefs/proxy/link_session.hpp"

#include <array>
#include <utility>

#include <spdlog/spdlog.h>
#include <boost/asio/co_spawn.hpp>

#include "litefs/proxy/must_live.hpp"

namespace litefs::proxy {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

namespace {
constexpr std::size_t read_size = 4096;
}

link_session::link_session(asio::io_context& context, open_link link, talk with)
    : context_(context),
      io_(std::move(link.io)),
      seal_(std::move(link.seal)),
      received_(std::move(link.early)),
      talk_(std::move(with)),
      due_(context.get_executor()),
      heard_(clock::now()) {}

asio::awaitable<void> link_session::run() {
  asio::co_spawn(context_, write_all(shared_from_this()), must_live);
  asio::co_spawn(context_, keep_time(shared_from_this()), must_live);
  co_await read_all();
  close();
}

void link_session::report_changed() {
  report_due_ = true;
  due_.notify();
}

void link_session::chronicle_changed() {
  chronicle_due_ = true;
  due_.notify();
}

bool link_session::say(link_message const& m) {
  if (closed_ || outbox_.size() >= outbox_max) return false;
  outbox_.push_back(format_link_message(m));
  due_.notify();
  return true;
}

void link_session::close() {
  closed_ = true;
  io_->close();
  due_.notify();
}

asio::awaitable<void> link_session::read_all() {
  while (!closed_) {
    if (!co_await read_line() || closed_) co_return;
    auto const end = received_.find('\n');
    auto const text = seal_.open(std::string_view(received_).substr(0, end));
    auto const message = text ? parse_link_message(*text) : result<link_message>(text.error());
    received_.erase(0, end + 1);
    if (!message) {
      spdlog::warn("peer link: {}", message.error().message());
      co_return;
    }
    heard_ = clock::now();
    talk_.on_message(*message);
  }
}

// A whole line is there. keep_time() watches over the silence.
asio::awaitable<bool> link_session::read_line() {
  std::array<char, read_size> block;
  while (received_.find('\n') == std::string::npos) {
    if (received_.size() > 2 * link_line_max) co_return false;
    auto const n = co_await io_->read_some(block, time_point::max());
    if (n.has_error()) co_return false;
    received_.append(block.data(), *n);
  }
  co_return true;
}

asio::awaitable<void> link_session::write_all(self s) {
  condition::predicate something = [&s] {
    return s->closed_ || s->report_due_ || s->chronicle_due_ || !s->outbox_.empty();
  };
  while (!s->closed_) {
    co_await s->due_.wait(time_point::max(), something);
    if (s->closed_) co_return;
    auto const lines = s->next_lines();
    if (co_await s->io_->write({lines, {}, {}}, silence_max)) s->close();
  }
}

// In the order of their seals: what waits in the outbox, then the newest report and chronicle.
std::string link_session::next_lines() {
  std::string lines;
  while (!outbox_.empty()) {
    lines.append(seal_.seal(outbox_.front())).append(1, '\n');
    outbox_.pop_front();
  }
  if (std::exchange(report_due_, false))
    lines.append(seal_.seal(format_link_message(talk_.own_report()))).append(1, '\n');
  if (std::exchange(chronicle_due_, false) && talk_.incidents && !talk_.incidents().all().empty()) {
    told_incidents told{talk_.incidents().all()};
    lines.append(seal_.seal(format_link_message(told))).append(1, '\n');
  }
  return lines;
}

asio::awaitable<void> link_session::keep_time(self s) {
  condition::predicate closed = [&s] { return s->closed_; };
  while (!s->closed_) {
    co_await s->due_.wait(clock::now() + beat_interval, closed);
    s->report_changed();
    if (clock::now() - s->heard_ > silence_max) s->close();
  }
}

}  // namespace litefs::proxy
