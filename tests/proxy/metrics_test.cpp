// What requests through real worker threads leave behind on the page of metrics.
#include "litefs/proxy/metrics.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "litefs/proxy/metric_page.hpp"
#include "two_nodes.hpp"

namespace litefs::proxy::test {
namespace {

std::string page_of(front_door& door) {
  metric_page page;
  add_traffic_metrics(page, door.workers());
  return page.text();
}

// The value of one sample, as text; "" if there is none.
std::string sample(std::string const& page, std::string const& key) {
  auto const at = page.find("\n" + key + " ");
  if (at == std::string::npos) return {};
  auto const from = at + key.size() + 2;
  return page.substr(from, page.find('\n', from) - from);
}

// A request is counted after its answer was sent: the client may be faster.
testing::AssertionResult shows(front_door& door, std::string const& key, std::string const& value) {
  if (eventually([&] { return sample(page_of(door), key) == value; })) return testing::AssertionSuccess();
  return testing::AssertionFailure() << key << " is not " << value << " in\n" << page_of(door);
}

std::string route_key(std::string const& labels) { return "litefs_proxy_requests_total{" + labels + "}"; }

TEST(metrics, count_a_write_on_both_nodes) {
  two_nodes nodes;
  EXPECT_EQ(status_of(nodes.replica->ask(post)), 200);
  EXPECT_TRUE(shows(*nodes.replica,
                    route_key(R"(action="forward",reason="write",role="replica",status="2xx")"), "1"));
  EXPECT_TRUE(
      shows(*nodes.primary, route_key(R"(action="local",reason="hop",role="primary",status="2xx")"), "1"));
  EXPECT_TRUE(shows(*nodes.replica, R"(litefs_proxy_upstream_seconds_count{upstream="primary"})", "2"))
      << "refused once";
  EXPECT_TRUE(shows(*nodes.replica, R"(litefs_proxy_upstream_seconds_count{upstream="target"})", "0"));
  EXPECT_TRUE(shows(*nodes.primary, R"(litefs_proxy_upstream_seconds_count{upstream="target"})", "1"));
  // The boot id was not known yet: refused once, provably, and signed anew.
  EXPECT_TRUE(shows(*nodes.primary, R"(litefs_proxy_not_executed_total{reason="restarted"})", "1"));
  EXPECT_TRUE(shows(*nodes.replica, R"(litefs_proxy_retries_total{cause="not-executed"})", "1"));
}

TEST(metrics, count_what_waits_while_it_waits_and_after) {
  two_nodes nodes(std::string(ok), [](proxy_config& c) { c.read_wait = patience; });
  auto client = nodes.replica->connect();
  client.send(get_with_cookie(at(11)));
  EXPECT_TRUE(shows(*nodes.replica, "litefs_proxy_requests_waiting", "1"));
  EXPECT_TRUE(shows(*nodes.replica, "litefs_proxy_position_wait_seconds_count", "0"));
  nodes.replica->become(state_at(11, role::replica, "n1"), tx_event{database, at(11)});
  EXPECT_EQ(status_of(answer_of(client)), 200);
  EXPECT_TRUE(shows(*nodes.replica, "litefs_proxy_position_wait_seconds_count", "1"));
  EXPECT_TRUE(shows(*nodes.replica, "litefs_proxy_requests_waiting", "0"));
}

TEST(metrics, count_holds_and_refusals) {
  scripted_upstream app{std::string(ok)};
  auto config = node_config("n1", app.port());
  config.primary_redirect_timeout = milliseconds(30);
  front_door door(std::move(config), state_of(role::unknown));
  EXPECT_EQ(status_of(door.ask(post)), 503);
  EXPECT_TRUE(shows(door, "litefs_proxy_holds_total", "1"));
  EXPECT_TRUE(shows(door, "litefs_proxy_hold_seconds_count", "1"));
  EXPECT_TRUE(shows(door, R"(litefs_proxy_hold_seconds_bucket{le="0.025"})", "0"));
  EXPECT_TRUE(shows(door, R"(litefs_proxy_not_executed_total{reason="no-primary"})", "1"));
  EXPECT_TRUE(
      shows(door, route_key(R"(action="hold",reason="no-primary",role="unknown",status="5xx")"), "1"));
}

TEST(metrics, count_outcomes_that_nobody_knows_of_writes_alone) {
  scripted_upstream app([](raw_socket& s, scripted_upstream& self) {
    self.next_request(s);
    s.reset();
  });
  front_door door(single_config(app.port()));
  EXPECT_EQ(status_of(door.ask(get)), 502);
  EXPECT_TRUE(shows(door, R"(litefs_proxy_retries_total{cause="broken"})", "1"));
  EXPECT_TRUE(shows(door, "litefs_proxy_unknown_outcomes_total", "0"));
  EXPECT_EQ(status_of(door.ask(post)), 502);
  EXPECT_TRUE(shows(door, "litefs_proxy_unknown_outcomes_total", "1"));
}

TEST(metrics, count_marked_answers) {
  scripted_upstream app{std::string(ok)};
  auto state = state_at(9, role::unknown);
  state.stale_since = std::chrono::steady_clock::now();
  front_door door(node_config("n1", app.port()), state);
  EXPECT_EQ(status_of(door.ask(get)), 200);
  EXPECT_TRUE(shows(door, "litefs_proxy_stale_answers_total", "1"));
  door.become(state_at(9, role::primary));
  EXPECT_EQ(status_of(door.ask(get_with_cookie(position{{9}, 1}))), 200);
  EXPECT_TRUE(shows(door, "litefs_proxy_diverged_answers_total", "1"));
}

TEST(metrics, count_requests_that_are_none_and_connections) {
  reserved_port nobody;
  front_door door(single_config(nobody.port()));
  EXPECT_EQ(status_of(door.ask("GET / HTTP/1.1\r\n\r\n")), 400);
  EXPECT_TRUE(shows(door, route_key(R"(action="refuse",reason="rejected",role="single",status="4xx")"), "1"));
  EXPECT_TRUE(shows(door, "litefs_proxy_requests_received_total", "0"));
  EXPECT_TRUE(shows(door, "litefs_proxy_connections_accepted_total", "1"));
  EXPECT_TRUE(shows(door, "litefs_proxy_connections_open", "0"));
}

TEST(metrics, upstream_connections_are_opened_kept_and_reused) {
  scripted_upstream app{std::string(ok)};
  auto config = single_config(app.port());
  config.timeouts.target_idle = milliseconds(3'000);
  front_door door(std::move(config));
  EXPECT_EQ(status_of(door.ask(get)), 200);
  EXPECT_TRUE(shows(door, "litefs_proxy_upstream_connections_idle", "1"));
  EXPECT_EQ(status_of(door.ask(get)), 200);
  EXPECT_TRUE(shows(door, R"(litefs_proxy_upstream_connections_opened_total{upstream="target"})", "1"));
  EXPECT_TRUE(shows(door, R"(litefs_proxy_upstream_connections_reused_total{upstream="target"})", "1"));
  EXPECT_TRUE(shows(door, "litefs_proxy_upstream_connections_idle", "0"));  // after timeouts.target-idle
}

TEST(metrics, a_histogram_ends_with_all_it_has_seen) {
  histogram a, b;
  a.observe(std::chrono::milliseconds(1));
  b.observe(std::chrono::milliseconds(3));
  b.observe(std::chrono::hours(1));
  metric_page page;
  page.histogram("h_seconds", "Help.").add({{"x", "a\"b"}}, {&a, &b});
  auto const text = "\n" + page.text();
  EXPECT_NE(text.find("\n# HELP h_seconds Help.\n# TYPE h_seconds histogram\n"), std::string::npos) << text;
  EXPECT_EQ(sample(text, R"(h_seconds_bucket{x="a\"b",le="0.0005"})"), "0") << text;
  EXPECT_EQ(sample(text, R"(h_seconds_bucket{x="a\"b",le="0.001"})"), "1");
  EXPECT_EQ(sample(text, R"(h_seconds_bucket{x="a\"b",le="0.005"})"), "2");
  EXPECT_EQ(sample(text, R"(h_seconds_bucket{x="a\"b",le="30"})"), "2");
  EXPECT_EQ(sample(text, R"(h_seconds_bucket{x="a\"b",le="+Inf"})"), "3");
  EXPECT_EQ(sample(text, R"(h_seconds_count{x="a\"b"})"), "3");
  EXPECT_EQ(sample(text, R"(h_seconds_sum{x="a\"b"})"), "3600.004");
}

}  // namespace
}  // namespace litefs::proxy::test
