// The primary's side of a planned handoff: who may end a hold. The keeper is a script, LiteFS a fixed event.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "control_thread.hpp"
#include "litefs/proxy/handoff.hpp"
#include "litefs/proxy/net.hpp"
#include "two_nodes.hpp"

namespace litefs::proxy::test {
namespace {

constexpr std::string_view keeper_script = R"(#!/usr/bin/env python3
import json, os, socket, sys, time
link = socket.socket(fileno=3)
say = lambda **m: link.sendall((json.dumps(m) + "\n").encode())
say(mount="alive", device=1, writable=True, lag_ms=0, anchored=1)
for line in link.makefile():
    asked = json.loads(line)
    if asked["op"] == "lock" and os.path.exists(sys.argv[0] + ".slow"):
        open(sys.argv[0] + ".locked", "w").close()
        while not os.path.exists(sys.argv[0] + ".lost"):
            time.sleep(0.002)
    say(id=asked["id"], ok=True, positions={"db": "0000000000000001/0000000000000007"})
)";

class executable {
 public:
  executable() {
    std::ofstream(path_) << keeper_script;
    ::chmod(path_.c_str(), 0700);
  }
  ~executable() {
    for (auto const* const suffix : {"", ".slow", ".locked", ".lost"})
      std::filesystem::remove(path_ + suffix);
  }
  [[nodiscard]] std::string const& path() const { return path_; }
  void mark(char const* suffix) const { std::ofstream{path_ + suffix}; }
  [[nodiscard]] bool marked(char const* suffix) const { return std::filesystem::exists(path_ + suffix); }

 private:
  std::string path_ = std::filesystem::temp_directory_path() / ("keeper-" + random_hex(8));
};

std::string chunk(std::string const& event) {
  char size[16];
  std::snprintf(size, sizeof size, "%zx\r\n", event.size() + 1);
  return size + event + "\n\r\n";
}

// LiteFS's event stream of a primary: one event, then silence, or another one while the lock is taken.
void says_primary(raw_socket& s, scripted_upstream& self, executable const& keeper) {
  self.next_request(s);
  s.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" +
         chunk(R"({"type":"init","data":{"isPrimary":true}})"));
  if (keeper.marked(".slow")) {
    eventually([&] { return keeper.marked(".locked"); });
    s.send(chunk(R"({"type":"primaryChange","data":{"isPrimary":false,"hostname":"n2"}})"));
  }
  while (!s.receive().empty()) {
  }
}

litefs_options options_of(std::uint16_t api) {
  litefs_options o;
  o.api = {.host = "127.0.0.1", .port = api, .unix_path = {}};
  o.hostname = "n1";
  return o;
}

class giving_node {
 public:
  explicit giving_node(bool loses_role = false) {
    if (loses_role) script_.mark(".slow");
    asio::co_spawn(control_.context, keeper_.run(), asio::detached);
    asio::co_spawn(control_.context, watcher_.run(), asio::detached);
    keeper_.on_report = [this](mount_report const& r) { watcher_.on_report(r); };
  }

  void run(std::function<asio::awaitable<void>(giving_node&)> test) {
    control_.run(whole(std::move(test)));
    control_.reap.stop();
    control_.context.restart();
    control_.context.run_for(std::chrono::seconds(5));  // every coroutine to its end
  }

  asio::awaitable<int> post(std::string target, std::string body) {
    own_request request{.method = "POST", .target = std::move(target), .peer = {}, .body = std::move(body)};
    auto const response = co_await handoff_.answer(std::move(request));
    co_return response.status;
  }

  // A hold that was to end has ended: its unlock was asked of the keeper before this.
  asio::awaitable<void> settle() {
    co_await asio::post(asio::use_awaitable);
    co_await keeper_.positions();
    co_await asio::post(asio::use_awaitable);
  }

 private:
  asio::awaitable<void> whole(std::function<asio::awaitable<void>(giving_node&)> test) {
    condition::predicate primary = [this] {
      return watcher_.state().role == role::primary && watcher_.state().mount_alive;
    };
    bool const settled = co_await control_.changed.wait(in_ms(5000), primary);
    EXPECT_TRUE(settled);
    co_await test(*this);
    watcher_.stop();
    keeper_.stop();
    condition::predicate ended = [this] { return keeper_.ended(); };
    co_await control_.changed.wait(in_ms(5000), ended);
  }

  scripted_upstream app_{std::string(ok)};
  executable script_;
  scripted_upstream api_{[this](raw_socket& s, scripted_upstream& self) { says_primary(s, self, script_); }};
  front_door door_{node_config("n1", app_.port()), state_of(role::primary)};
  control_thread control_;
  view own_{control_.context, state_of(role::primary)};
  publisher publisher_{[this](auto const& state, auto const&) {
                         bool const lost = state->role != role::primary && script_.marked(".locked");
                         if (lost) script_.mark(".lost");
                       },
                       nullptr};
  keeper_link keeper_{
      control_.context, control_.reap, control_.changed, script_.path(), {"/nowhere", {"db"}}};
  watcher watcher_{control_.context, control_.changed, options_of(api_.port()), keeper_, publisher_};
  replica_links replicas_{control_.context,
                          control_.changed,
                          door_.shared(),
                          {.own_report = [] { return node_report{}; },
                           .on_report = [](std::string const&, node_report const&) {},
                           .on_gone = [](std::string const&) {}}};
  handoff handoff_{control_.context, control_.changed, door_.shared(), own_,
                   door_.workers(),  keeper_,          watcher_,       replicas_};
};

constexpr char const* give = "/litefs/peer/handoff";
constexpr char const* release = "/litefs/peer/release";

asio::awaitable<void> two_targets(giving_node& node) {
  EXPECT_EQ(co_await node.post(give, "first"), 200);
  EXPECT_EQ(co_await node.post(give, "second"), 409);
  co_await node.post(release, "second");  // as a refused target does
  co_await node.settle();
  EXPECT_EQ(co_await node.post(give, "second"), 409) << "the first one's hold was ended by another";
  co_await node.post(release, "first");
  co_await node.settle();
  EXPECT_EQ(co_await node.post(give, "third"), 200);
  co_await node.post(release, "third");
}

TEST(handoff, only_its_own_target_ends_a_hold) {
  giving_node node;
  node.run(two_targets);
}

asio::awaitable<void> one_target(giving_node& node) { EXPECT_EQ(co_await node.post(give, "late"), 409); }

TEST(handoff, positions_of_a_primary_that_lost_its_role_under_the_lock_are_not_given) {
  giving_node node(true);
  node.run(one_target);
}

}  // namespace
}  // namespace litefs::proxy::test
