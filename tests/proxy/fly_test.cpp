// Behind Fly's proxy: what it is told to replay, when it is not, and who is believed to be it.
#include <gtest/gtest.h>

#include "two_nodes.hpp"

namespace litefs::proxy::test {
namespace {

auto behind_fly(bool trusted = true) {
  return [trusted](proxy_config& c) {
    c.fly_replay = true;
    c.trusted_proxies = {trusted ? "127.0.0.0/8" : "10.0.0.0/8"};
    c.always_forward = {path_pattern("/login")};
    c.read_wait = milliseconds(50);
  };
}

std::string from_fly(std::string_view request, std::string_view fields = "") {
  auto sent = std::string(request);
  return sent.insert(sent.find("\r\n") + 2, "Fly-Client-IP: 9.9.9.9\r\n" + std::string(fields));
}

constexpr std::string_view login = "GET /login HTTP/1.1\r\nHost: h\r\n\r\n";
constexpr std::string_view chunked =
    "POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";

TEST(fly, replays_at_the_primary_what_nobody_has_run) {
  two_nodes nodes(std::string(ok), behind_fly());
  auto client = nodes.replica->connect();
  for (auto const request : {post, login, post}) {
    client.send(from_fly(request));
    auto const answer = answer_of(client);
    EXPECT_EQ(status_of(answer), 409);
    EXPECT_EQ(line_of(answer, "fly-replay"), "instance=n1;timeout=2s;fallback=prefer_self");
    EXPECT_EQ(line_of(answer, "Cache-Control"), "no-store");
    EXPECT_EQ(line_of(answer, "Set-Cookie") + line_of(answer, "Connection"), "");
  }
  EXPECT_EQ(nodes.app1.received() + nodes.app2.received(), "");
}

// Longer than what is read here: the head is answered, the connection closes.
TEST(fly, replays_a_body_that_it_does_not_read) {
  two_nodes nodes(std::string(ok), behind_fly());
  auto const answer = nodes.replica->ask(
      from_fly("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 200000\r\n\r\n" + std::string(200'000, 'x')));
  EXPECT_EQ(status_of(answer), 409);
  EXPECT_EQ(line_of(answer, "Connection"), "close");
  EXPECT_EQ(nodes.app1.received() + nodes.app2.received(), "");
}

TEST(fly, the_instance_is_the_first_label_of_a_long_hostname) {
  two_nodes nodes(std::string(ok), [](proxy_config& c) {
    behind_fly()(c);
    c.primary_urls["d8d9.vm.site.internal"] = "http://127.0.0.1:9";
  });
  nodes.replica->become(state_of(role::replica, "d8d9.vm.site.internal"));
  EXPECT_TRUE(line_of(nodes.replica->ask(from_fly(post)), "fly-replay").starts_with("instance=d8d9;"));
}

TEST(fly, everything_else_goes_to_the_primary_over_the_signed_hop) {
  struct row {
    std::string_view name;
    bool trusted;
    std::string request;
  };
  auto const long_post =
      "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 1000001\r\n\r\n" + std::string(1'000'001, 'x');
  for (auto const& r : {
           row{"Fly replayed it", true, from_fly(post, "fly-replay-src: instance=n3;region=ams\r\n")},
           row{"Fly could not replay it", true, from_fly(post, "fly-replay-failed: instance=n1\r\n")},
           row{"a trusted proxy, but not Fly's", true, std::string(post)},
           row{"a client that pretends", false, from_fly(post)},
           row{"a long body", true, from_fly(long_post)},
           row{"a body of unknown length", true, from_fly(chunked)},
       }) {
    SCOPED_TRACE(r.name);
    two_nodes nodes(std::string(ok), behind_fly(r.trusted));
    auto const answer = nodes.replica->ask(r.request);
    EXPECT_EQ(status_of(answer), 200);
    EXPECT_EQ(count(answer, "fly-replay"), 0U) << answer;
    EXPECT_EQ(count(nodes.app1.received(), "POST /p"), 1U);
    EXPECT_EQ(nodes.app2.received(), "");
  }
}

// The app has run here: the same request, answered to Fly's proxy, could run twice more.
TEST(fly, a_second_run_is_not_replayed_but_the_next_request_is) {
  two_nodes nodes(std::string(ok), behind_fly());
  scripted_upstream refusing("HTTP/1.1 503 No\r\nlitefs-replay: primary\r\nContent-Length: 0\r\n\r\n");
  auto config = node_config("n3", refusing.port());
  behind_fly()(config);
  config.primary_urls = {{"n1", local_url(nodes.primary->port())}};
  front_door door(std::move(config), state_at(9, role::replica, "n1"));
  EXPECT_EQ(status_of(door.ask(from_fly(get))), 200);
  EXPECT_EQ(status_of(door.ask(from_fly(get))), 409) << "remembered";
}

TEST(fly, a_read_that_waited_in_vain_is_made_by_ourselves) {
  two_nodes nodes(std::string(ok), behind_fly());
  EXPECT_EQ(status_of(nodes.replica->ask(from_fly(get_with_cookie(at(11))))), 200);
  EXPECT_EQ(count(nodes.app1.received(), "GET /g"), 1U);
}

// Two nodes that take each other for the primary: a replayed request ends at the second one.
TEST(fly, a_loop_ends_after_one_hop) {
  two_nodes nodes(std::string(ok), [](proxy_config& c) {
    behind_fly()(c);
    c.primary_redirect_timeout = milliseconds(200);
  });
  nodes.primary->become(state_at(9, role::replica, "n2"));
  EXPECT_EQ(status_of(nodes.replica->ask(from_fly(post))), 409);
  auto const answer = nodes.primary->ask(from_fly(post, "fly-replay-src: instance=n2\r\n"));
  EXPECT_EQ(status_of(answer), 503);
  EXPECT_NE(line_of(answer, "litefs-not-executed"), "");
  EXPECT_EQ(nodes.app1.received() + nodes.app2.received(), "");
}

TEST(fly, the_word_of_an_app_reaches_fly_only_if_allowed) {
  for (bool const allowed : {false, true}) {
    two_nodes nodes("HTTP/1.1 200 OK\r\nfly-replay: app=x\r\nContent-Length: 0\r\n\r\n",
                    [&](proxy_config& c) { c.allow_app_replay = allowed; });
    for (auto* const door : {nodes.primary.get(), nodes.replica.get()})
      EXPECT_EQ(line_of(door->ask(post), "fly-replay"), allowed ? "app=x" : "");
  }
}

}  // namespace
}  // namespace litefs::proxy::test
