#include "litefs/proxy/keeper.hpp"

#include "litefs/mount.hpp"
#include "litefs/proxy/anchor.hpp"
#include "litefs/proxy/child.hpp"
#include "litefs/proxy/mount_report.hpp"
#include "litefs/proxy/position_reader.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <boost/json.hpp>

#include <cerrno>
#include <chrono>
#include <optional>
#include <string_view>
#include <utility>

namespace litefs::proxy {

namespace json = boost::json;

namespace {

using clock = std::chrono::steady_clock;
using time_point = clock::time_point;
using std::chrono::milliseconds;

constexpr milliseconds report_interval{250};
constexpr milliseconds lock_retry{2};
constexpr std::size_t line_max = 4096;

struct lock_request {
  std::int64_t id = 0;
  time_point deadline;
};

class keeper {
 public:
  explicit keeper(keeper_options const& options) : options_(options) {
    for (auto const& name : options.databases) anchors_.emplace_back(options.mount + "/" + name);
  }

  int run();

 private:
  bool receive();
  void handle(std::string_view line);
  void report();
  void keep_anchors();
  void try_lock(lock_request request);
  void answer(std::int64_t id, std::string_view error);
  void answer_positions(std::int64_t id);
  void send(json::object const& message);

  keeper_options const& options_;
  std::vector<anchor> anchors_;
  position_reader positions_{options_.mount, options_.databases};
  std::optional<mount_identity> known_;  // the mount our handles belong to
  std::optional<lock_request> locking_;
  std::string received_;
  bool closed_ = false;  // told to let go of the mount for good
};

int keeper::run() {
  auto next_report = clock::now();
  for (;;) {
    if (clock::now() >= next_report) {
      report();
      next_report = clock::now() + report_interval;
    }
    if (locking_) try_lock(*locking_);
    auto const left = std::chrono::ceil<milliseconds>(next_report - clock::now());
    auto const pause = locking_ ? lock_retry : std::max(left, milliseconds{0});
    pollfd channel{.fd = channel_descriptor, .events = POLLIN, .revents = 0};
    if (::poll(&channel, 1, static_cast<int>(pause.count())) > 0 && !receive()) return 0;
  }
}

// False when the parent has closed the channel.
bool keeper::receive() {
  char chunk[line_max];
  auto const n = ::read(channel_descriptor, chunk, sizeof chunk);
  if (n < 0) return errno == EINTR || errno == EAGAIN;
  if (n == 0) return false;
  received_.append(chunk, static_cast<std::size_t>(n));
  for (auto end = received_.find('\n'); end != std::string::npos; end = received_.find('\n')) {
    handle(std::string_view(received_).substr(0, end));
    received_.erase(0, end + 1);
  }
  return received_.size() <= line_max;
}

void keeper::handle(std::string_view line) {
  auto const request = json::parse({line.data(), line.size()}).as_object();
  auto const id = request.at("id").as_int64();
  auto const& op = request.at("op").as_string();
  if (op == "positions") return answer_positions(id);
  if (op == "lock") {
    auto const bound = milliseconds(request.at("bound_ms").as_int64());
    locking_ = lock_request{id, clock::now() + bound};
    return;
  }
  locking_.reset();
  for (auto& a : anchors_) a.unlock();
  if (op == "close") {
    closed_ = true;
    positions_.close();
    for (auto& a : anchors_) a.close();
  }
  answer(id, "");
}

void keeper::report() {
  mount_report r;
  auto const identity = inspect_mount(options_.mount);
  // Handles of a mount that died or was replaced: leave them to the kernel, closing them here could stall.
  if (known_ && !closed_ && (!identity || identity->device != known_->device)) ::_exit(0);
  if (identity) {
    r.health = mount_health::alive;
    r.device = identity->device;
    r.writable = identity->writable;
    known_ = *identity;
    if (auto const lag = read_lag(options_.mount)) r.lag = std::max(*lag, milliseconds{0});
    keep_anchors();
  } else if (identity.error() == make_error_code(errc::mount_dead)) {
    r.health = mount_health::dead;
  }
  for (auto const& a : anchors_) r.anchored += a.held() ? 1U : 0U;
  send(to_json(r));
}

// A database that does not exist yet, or cannot be opened yet, is tried again with the next report.
void keeper::keep_anchors() {
  if (closed_) return;
  for (auto& a : anchors_) a.hold();
}

void keeper::try_lock(lock_request request) {
  for (auto& a : anchors_) {
    if (!a.exists()) continue;
    auto const attempt = a.try_lock();
    if (attempt == lock_attempt::taken) continue;
    bool const out_of_time = clock::now() >= request.deadline;
    if (attempt == lock_attempt::busy && !out_of_time) return;  // again after lock_retry
    auto const error =
        attempt == lock_attempt::busy ? std::string("writers did not end in time") : a.last_error();
    locking_.reset();
    for (auto& other : anchors_) other.unlock();
    return answer(request.id, error);
  }
  locking_.reset();
  answer_positions(request.id);
}

void keeper::answer(std::int64_t id, std::string_view error) {
  json::object message{{"id", id}, {"ok", error.empty()}};
  if (!error.empty()) message["error"] = error;
  send(message);
}

void keeper::answer_positions(std::int64_t id) {
  auto const identity = closed_ ? result<mount_identity>(errc::mount_absent) : inspect_mount(options_.mount);
  if (!identity) return answer(id, to_string(mount_health::dead));
  auto const read = positions_.read();
  if (!read) return answer(id, "a position cannot be read: " + read.error().message());
  json::object positions;
  for (auto const& p : *read) positions[p.database] = litefs::to_string(p.position);
  send({{"id", id}, {"ok", true}, {"positions", std::move(positions)}});
}

void keeper::send(json::object const& message) {
  auto const line = json::serialize(message) + "\n";
  // Lines are far smaller than the socket's buffer; a parent that does not read them is as good as gone.
  if (::send(channel_descriptor, line.data(), line.size(), MSG_NOSIGNAL) < 0) ::_exit(0);
}

}  // namespace

int run_keeper(keeper_options const& options) { return keeper(options).run(); }

}  // namespace litefs::proxy
