#include "litefs/proxy/keeper_link.hpp"

#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <unistd.h>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json.hpp>

#include <array>
#include <utility>

#include "litefs/proxy/must_live.hpp"

namespace litefs::proxy {

namespace asio = boost::asio;
namespace json = boost::json;
using boost::system::error_code;
using std::chrono::milliseconds;
using clock = std::chrono::steady_clock;

namespace {

constexpr std::size_t line_max = 64 * 1024;
constexpr milliseconds silence_check{250};
constexpr milliseconds respawn_pause{50};
constexpr milliseconds respawn_pause_failed{1'000};
constexpr milliseconds unreaped_max{60'000};  // a process in an uninterruptible wait cannot be reaped

bool never() { return false; }

}  // namespace

keeper_link::keeper_link(asio::io_context& context, reaper& r, condition& changed, std::string executable,
                         keeper_options options)
    : context_(context),
      reaper_(r),
      changed_(changed),
      executable_(std::move(executable)),
      options_(std::move(options)),
      channel_(context) {}

asio::awaitable<void> keeper_link::run() {
  while (!stopped_) {
    bool const spawned = spawn();
    if (spawned) {
      asio::co_spawn(context_, watch_silence(generation_), must_live);
      co_await listen();
      process_->signal(SIGKILL);
      lose();
      condition::predicate ended = [this] { return !process_->running(); };
      if (!co_await changed_.wait(clock::now() + unreaped_max, ended)) {
        spdlog::error("keeper {} cannot be ended: the mount {} is frozen", process_->pid(), options_.mount);
      }
    }
    condition::predicate told = [this] { return stopped_; };
    co_await changed_.wait(clock::now() + (spawned ? respawn_pause : respawn_pause_failed), told);
  }
  ended_ = true;
  changed_.notify();
}

void keeper_link::stop() {
  stopped_ = true;
  replace();
  changed_.notify();
}

void keeper_link::replace() {
  if (process_) process_->signal(SIGKILL);
  error_code ignored;
  channel_.close(ignored);  // a keeper that cannot die at once must not keep us waiting
}

bool keeper_link::spawn() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    spdlog::error("keeper: no socket pair: {}",
                  error_code(errno, boost::system::system_category()).message());
    return false;
  }
  child_options options{.cmd = {executable_, "keeper", "--mount", options_.mount}, .channel = ends[1]};
  for (auto const& name : options_.databases) {
    options.cmd.emplace_back("--database");
    options.cmd.push_back(name);
  }
  auto spawned = child::spawn(reaper_, options);
  ::close(ends[1]);
  channel_ = asio::local::stream_protocol::socket(context_, asio::local::stream_protocol(), ends[0]);
  if (!spawned) {
    spdlog::error("keeper: cannot start {}: {}", executable_, spawned.error().message());
    channel_.close();
    return false;
  }
  process_ = std::move(*spawned);
  heard_ = clock::now();
  ++generation_;
  return true;
}

asio::awaitable<void> keeper_link::listen() {
  std::string buffer;
  for (;;) {
    error_code failed;
    auto const n = co_await asio::async_read_until(channel_, asio::dynamic_buffer(buffer, line_max), '\n',
                                                   asio::redirect_error(asio::use_awaitable, failed));
    if (failed || !channel_.is_open()) co_return;  // what a replaced keeper still said counts no more
    heard_ = clock::now();
    receive(std::string_view(buffer).substr(0, n - 1));
    buffer.erase(0, n);
  }
}

asio::awaitable<void> keeper_link::watch_silence(std::uint64_t generation) {
  while (generation == generation_ && channel_.is_open()) {
    co_await changed_.wait(clock::now() + silence_check, never);
    if (generation != generation_ || clock::now() - heard_ < silence_max) continue;
    spdlog::warn("keeper silent for {} ms: the mount {} may be frozen", silence_max.count(), options_.mount);
    replace();
    co_return;
  }
}

void keeper_link::receive(std::string_view line) {
  error_code failed;
  auto const value = json::parse({line.data(), line.size()}, failed);
  auto const* const message = failed ? nullptr : value.if_object();
  if (message == nullptr) {
    spdlog::error("keeper: unreadable line");
    return replace();
  }
  if (auto const* const id = message->if_contains("id"); id != nullptr && id->is_int64()) {
    auto const asked = asked_.extract(id->get_int64());
    if (asked) asked.mapped()->answer = *message;
    return changed_.notify();
  }
  if (auto const r = parse_report(*message)) {
    ++reports_;
    deliver(*r);
  }
}

void keeper_link::deliver(mount_report const& r) {
  last_ = r;
  if (on_report) on_report(r);
  changed_.notify();
}

// Whatever was asked is not answered any more; the mount counts as not alive until the next keeper reports.
void keeper_link::lose() {
  error_code ignored;
  channel_.close(ignored);
  for (auto const& [id, p] : asked_) p->lost = true;
  asked_.clear();
  if (!stopped_) deliver({.health = mount_health::silent});
}

asio::awaitable<std::shared_ptr<keeper_link::pending>> keeper_link::ask(json::object request,
                                                                        milliseconds bound) {
  auto const id = next_id_++;
  auto const mine = std::make_shared<pending>();
  request["id"] = id;
  auto const line = json::serialize(request) + "\n";
  // Never blocks: requests are small, and a keeper that leaves so many unread is stuck.
  auto const sent = channel_.is_open() ? ::send(channel_.native_handle(), line.data(), line.size(),
                                                MSG_DONTWAIT | MSG_NOSIGNAL)
                                       : -1;
  if (sent != static_cast<ssize_t>(line.size())) {
    mine->lost = true;
    co_return mine;
  }
  asked_[id] = mine;
  condition::predicate done = [mine] { return mine->answer || mine->lost; };
  co_await changed_.wait(clock::now() + bound, std::move(done));
  asked_.erase(id);
  co_return mine;
}

asio::awaitable<keeper_link::positions_result> keeper_link::ask_positions(json::object request,
                                                                          milliseconds bound) {
  auto const reply = co_await ask(std::move(request), bound);
  if (reply->lost) co_return make_error_code(errc::mount_dead);
  if (!reply->answer) co_return make_error_code(asio::error::timed_out);
  auto const* const found = reply->answer->if_contains("positions");
  if (found == nullptr || !found->is_object()) {
    auto const* const error = reply->answer->if_contains("error");
    lock_refusal_ = error != nullptr && error->is_string() ? std::string(error->get_string()) : "no answer";
    co_return make_error_code(errc::mount_dead);
  }
  std::vector<database_position> positions;
  for (auto const& [name, text] : found->get_object()) {
    auto const pos =
        text.is_string() ? parse_position(text.get_string()) : result<position>(errc::bad_position);
    if (!pos) co_return pos.error();
    positions.push_back({std::string(name), *pos});
  }
  co_return positions;
}

asio::awaitable<keeper_link::positions_result> keeper_link::positions() {
  json::object request{{"op", "positions"}};
  co_return co_await ask_positions(std::move(request), answer_max);
}

asio::awaitable<keeper_link::positions_result> keeper_link::lock(milliseconds bound) {
  lock_refusal_ = "the keeper does not answer";
  json::object request{{"op", "lock"}, {"bound_ms", bound.count()}};
  co_return co_await ask_positions(std::move(request), bound + answer_max);
}

asio::awaitable<void> keeper_link::unlock() {
  json::object request{{"op", "unlock"}};
  co_await ask(std::move(request), answer_max);
}

asio::awaitable<void> keeper_link::close_handles() {
  json::object request{{"op", "close"}};
  co_await ask(std::move(request), answer_max);
}

}  // namespace litefs::proxy
