// Who is believed about the client, and which internal fields pass: none.
#include "litefs/proxy/forwarded.hpp"

#include <gtest/gtest.h>

#include "litefs/proxy/request_writer.hpp"
#include "two_nodes.hpp"

namespace litefs::proxy::test {
namespace {

constexpr std::string_view claims =
    "X-Forwarded-For: 9.9.9.9\r\nX-Forwarded-For: 8.8.8.8\r\nX-Forwarded-Proto: https\r\n"
    "X-Forwarded-Host: shop.example\r\nX-Forwarded-Port: 443\r\nForwarded: for=9.9.9.9\r\n"
    "X-Real-IP: 9.9.9.9\r\nFly-Client-IP: 9.9.9.9\r\n";

std::string get_with(std::string_view fields, std::string_view method = "GET") {
  return std::string(method) + " /g HTTP/1.1\r\nHost: h\r\n" + std::string(fields) + "\r\n";
}

struct seen_by_app {
  std::string for_;
  std::string proto;
  std::string host;
  std::string others;
  bool operator==(seen_by_app const&) const = default;
};

seen_by_app seen(std::string_view request) {
  std::string others;
  for (auto const* name : {"X-Forwarded-Port", "Forwarded", "X-Real-IP", "Fly-Client-IP"})
    others += line_of(request, name) + "|";
  return {line_of(request, "X-Forwarded-For"), line_of(request, "X-Forwarded-Proto"),
          line_of(request, "X-Forwarded-Host"), others};
}

seen_by_app const believed{"9.9.9.9, 8.8.8.8, 127.0.0.1", "https", "shop.example",
                           "443|for=9.9.9.9|9.9.9.9|9.9.9.9|"};
seen_by_app const replaced{"127.0.0.1", "http", "h", "||||"};

TEST(forwarded, only_a_trusted_proxy_is_believed) {
  struct row {
    std::vector<std::string> trusted;
    std::string fields;
    seen_by_app expected;
  };
  for (auto const& r :
       {row{{}, std::string(claims), replaced}, row{{"10.0.0.0/8"}, std::string(claims), replaced},
        row{{"127.0.0.1"}, std::string(claims), believed}, row{{"127.0.0.0/8"}, "", replaced}}) {
    scripted_upstream app{std::string(ok)};
    auto config = single_config(app.port());
    config.trusted_proxies = r.trusted;
    front_door door(std::move(config));
    EXPECT_EQ(status_of(door.ask(get_with(r.fields))), 200);
    EXPECT_EQ(seen(app.received()), r.expected) << app.received();
    EXPECT_EQ(count(app.received(), "X-Forwarded-For: "), 1U);
  }
}

TEST(forwarded, a_client_on_a_unix_socket_has_no_address) {
  forwarded received;
  received.for_ = "9.9.9.9";
  EXPECT_EQ(continue_forwarded(received, true, unix_client, "h").for_, "9.9.9.9");
  EXPECT_EQ(continue_forwarded(received, false, unix_client, "h").for_, "");
}

TEST(forwarded, a_peer_passes_on_what_it_believed) {
  for (bool const trusted : {false, true}) {
    SCOPED_TRACE(trusted);
    two_nodes nodes(std::string(ok), [&](proxy_config& c) {
      if (trusted && c.litefs->hostname == "n2") c.trusted_proxies = {"127.0.0.1"};
    });
    EXPECT_EQ(status_of(nodes.replica->ask(get_with(claims, "DELETE"))), 200);
    auto expected = trusted ? believed : replaced;
    expected.for_ += ", 127.0.0.1";
    EXPECT_EQ(seen(nodes.app1.received()), expected) << nodes.app1.received();
  }
}

TEST(forwarded, internal_fields_pass_in_neither_direction) {
  two_nodes nodes(
      "HTTP/1.1 503 No\r\nlitefs-not-executed: handoff\r\nlitefs-stale: 1\r\nlitefs-lineage: diverged\r\n"
      "litefs-position: 1.x\r\nlitefs-replay: primary\r\nfly-replay: app=x\r\nContent-Length: 0\r\n\r\n");
  for (auto* const door : {nodes.primary.get(), nodes.replica.get()}) {
    nodes.app1.forget();
    auto const answer = door->ask(
        "POST /p HTTP/1.1\r\nHost: h\r\nlitefs-committed: x\r\nlitefs-replay: primary\r\nlitefs-stale: 1\r\n"
        "litefs-proxied: 1;begin=immediate\r\nlitefs-position: nonsense\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(status_of(answer), 503);
    EXPECT_EQ(count(answer, "litefs-") + count(answer, "fly-"), 0U) << answer;
    auto const request = nodes.app1.received();
    EXPECT_EQ(count(request, "POST /p"), 1U) << "an app's marker is no proof";
    EXPECT_EQ(count(request, "litefs-"), 1U) << request;
    EXPECT_EQ(line_of(request, "litefs-proxied"), "1");
  }
}

TEST(forwarded, max_forwards_counts_for_options_only) {
  struct row {
    std::string method;
    std::string sent;
    std::string received;  // "" = answered by us
  };
  for (auto const& r : {row{"OPTIONS", "0", ""}, row{"OPTIONS", "3", "2"}, row{"GET", "0", "0"}}) {
    SCOPED_TRACE(r.method + r.sent);
    scripted_upstream app{std::string(ok)};
    front_door door(single_config(app.port()));
    EXPECT_EQ(status_of(door.ask(get_with("Max-Forwards: " + r.sent + "\r\n", r.method))), 200);
    EXPECT_EQ(line_of(app.received(), "Max-Forwards"), r.received);
    EXPECT_EQ(app.connections(), r.received.empty() ? 0U : 1U);
  }
}

// A hop made by hand: every field that means something to the receiver is under its mac.
TEST(forwarded, a_second_run_is_under_the_mac) {
  scripted_upstream app{std::string(ok)};
  front_door door(node_config("n1", app.port()), state_at(9, role::primary));
  auto& node = door.shared();
  auto const ask = [&](std::string_view signed_value, std::string_view sent) {
    hop const h{"n2", "n1", node.boot, random_hex(16), ""};
    auto const value = make_hop(node.hop_keys, h,
                                {.method = "GET",
                                 .target = "/g",
                                 .host = "h",
                                 .length = "0",
                                 .forwarded = forwarded{}.subject(),
                                 .proxied = signed_value});
    std::string fields = "litefs-hop: " + value + "\r\n";
    if (!sent.empty()) fields.append("litefs-proxied: ").append(sent).append("\r\n");
    return door.ask(get_with(fields));
  };
  auto const forged = ask("", second_run);
  EXPECT_EQ(status_of(forged), 503);
  EXPECT_EQ(line_of(forged, "litefs-not-executed"), "secret-mismatch");
  EXPECT_EQ(status_of(ask(second_run, "")), 503);
  EXPECT_EQ(app.received(), "");
  EXPECT_EQ(status_of(ask(second_run, second_run)), 200);
  EXPECT_EQ(line_of(app.received(), "litefs-proxied"), second_run);
}

}  // namespace
}  // namespace litefs::proxy::test
