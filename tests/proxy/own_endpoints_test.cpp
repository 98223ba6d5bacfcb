#include "litefs/proxy/own_endpoints.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "front_door.hpp"

namespace litefs::proxy::test {
namespace {

std::string ask(front_door const& door, std::string_view path, std::string_view method = "GET") {
  return door.ask(std::string(method).append(" ").append(path).append(" HTTP/1.1\r\nHost: h\r\n\r\n"));
}

boost::json::object facts_in(std::string const& answer) {
  return boost::json::parse(answer.substr(answer.find("\r\n\r\n") + 4)).as_object();
}

node_state lagging_replica() {
  auto s = state_of(role::replica, "n1");
  s.lag = milliseconds(11'000);
  return s;
}

TEST(own_endpoints, answer_by_role) {
  struct {
    node_state state;
    std::string_view path;
    int status;
  } const cases[] = {
      {state_of(role::single), "/litefs/health", 200},
      {state_of(role::single), "/litefs/health?role=primary", 200},
      {state_of(role::single), "/litefs/health?role=replica", 503},
      {state_of(role::replica, "n1"), "/litefs/ready?role=replica", 200},
      {state_of(role::replica, "n1"), "/litefs/ready?role=primary", 503},
      {state_of(role::replica, "n1"), "/litefs/ready?role=leader", 400},
      {state_of(role::replica, "n1"), "/litefs/live?role=primary", 200},
      {lagging_replica(), "/litefs/ready", 200},
      {lagging_replica(), "/litefs/health", 503},
      {state_of(role::single), "/litefs/metrics", 404},
  };
  reserved_port nobody;
  for (auto const& c : cases) {
    front_door const door(single_config(nobody.port()), c.state);
    EXPECT_EQ(status_of(ask(door, c.path)), c.status) << c.path << ' ' << to_string(c.state.role);
  }
}

TEST(own_endpoints, say_why_not) {
  reserved_port nobody;
  front_door door(single_config(nobody.port()), lagging_replica(), [](node& n) { n.target_up = false; });
  auto const answer = ask(door, "/litefs/health?role=primary");
  auto const facts = facts_in(answer);
  EXPECT_EQ(facts.at("reasons"), (boost::json::array{"app-down", "lag", "other-role"})) << answer;
  EXPECT_EQ(facts.at("live"), true);
  EXPECT_EQ(facts.at("ready"), false);
  EXPECT_EQ(facts.at("healthy"), false);
}

TEST(own_endpoints, are_for_reading) {
  reserved_port nobody;
  front_door const door(single_config(nobody.port()));
  EXPECT_EQ(status_of(ask(door, "/litefs/ready", "HEAD")), 200);
  auto const refused = ask(door, "/litefs/ready", "DELETE");
  EXPECT_EQ(status_of(refused), 405);
  EXPECT_NE(refused.find("\r\nAllow: GET, HEAD\r\n"), std::string::npos);
}

}  // namespace
}  // namespace litefs::proxy::test
