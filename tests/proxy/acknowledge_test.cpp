// The answer of a write waits for the candidates where that was asked for, and says how it is acknowledged.
#include "litefs/proxy/acknowledge.hpp"

#include <gtest/gtest.h>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <mutex>

#include "two_nodes.hpp"

namespace litefs::proxy::test {
namespace {

using namespace std::chrono_literals;

std::string answer_with(std::string_view lines, std::string_view status = "200 OK") {
  return std::string("HTTP/1.1 ").append(status).append("\r\nContent-Length: 2\r\n").append(lines) + "\r\nok";
}

std::string committed(std::uint64_t txid) {
  return "litefs-committed: " + format_committed({{database, at(txid)}}) + "\r\n";
}

// What confirmations would say, when the test lets it.
class oracle {
 public:
  void install(node& n) {
    n.confirm = [this](std::vector<database_position> written) { return answer(std::move(written)); };
  }
  void say(confirmation what) { said_ = static_cast<int>(what); }
  std::size_t asked() {
    std::scoped_lock lock(mutex_);
    return asked_.size();
  }
  std::vector<database_position> question(std::size_t i) {
    std::scoped_lock lock(mutex_);
    return asked_.at(i);
  }

 private:
  awaitable<confirmation> answer(std::vector<database_position> written) {
    {
      std::scoped_lock lock(mutex_);
      asked_.push_back(std::move(written));
    }
    asio::steady_timer look(co_await asio::this_coro::executor);
    while (said_ < 0) {
      look.expires_after(1ms);
      co_await look.async_wait(asio::use_awaitable);
    }
    co_return static_cast<confirmation>(said_.load());
  }

  std::atomic<int> said_{-1};
  std::mutex mutex_;
  std::vector<std::vector<database_position>> asked_;
};

struct setting {
  std::string answer;
  std::function<void(proxy_config&)> adjust;
};

void replicated(proxy_config& c) { c.ack_replicated = true; }

class primary_node {
 public:
  explicit primary_node(setting const& how) : app_(how.answer) {
    auto c = node_config("n1", app_.port());
    if (how.adjust) how.adjust(c);
    door_ = std::make_unique<front_door>(std::move(c), state_at(9, role::primary),
                                         [this](node& n) { candidates.install(n); });
  }
  front_door& door() { return *door_; }
  scripted_upstream& app() { return app_; }
  [[nodiscard]] std::uint64_t counted(acknowledgement how) const {
    return door_->workers().counts().front()->acknowledged[static_cast<std::size_t>(how)].value();
  }

  oracle candidates;

 private:
  scripted_upstream app_;
  std::unique_ptr<front_door> door_;
};

TEST(acknowledge, which_answers_wait) {
  struct row {
    char const* what;
    setting how;
    std::string_view request;
    std::string_view told;  // litefs-replicated
  };
  auto const of_path = [](proxy_config& c) { c.ack_paths = {path_pattern("/p*")}; };
  auto const of_others = [](proxy_config& c) { c.ack_paths = {path_pattern("/q*")}; };
  auto const of_any = [](proxy_config& c) { c.ack_replicated = c.ack_any = true; };
  std::vector<row> const rows{
      {"local is the default", {answer_with(committed(10)), {}}, post, ""},
      {"the node's default", {answer_with(committed(10)), replicated}, post, "all"},
      {"one is enough", {answer_with(committed(10)), of_any}, post, "any"},
      {"a path rule", {answer_with(committed(10)), of_path}, post, "all"},
      {"another path", {answer_with(committed(10)), of_others}, post, ""},
      {"the app asks", {answer_with(committed(10) + "litefs-ack: replicated\r\n"), {}}, post, "all"},
      {"the app declines", {answer_with(committed(10) + "litefs-ack: local\r\n"), replicated}, post, ""},
      {"two words are none",
       {answer_with(committed(10) + "litefs-ack: replicated\r\nlitefs-ack: replicated\r\n"), {}},
       post,
       ""},
      {"nothing was committed", {answer_with("litefs-committed: none\r\n"), replicated}, post, ""},
      {"a read", {answer_with(""), replicated}, get, ""},
      {"a read that wrote", {answer_with(committed(10)), replicated}, get, "all"},
      {"an error after a commit",
       {answer_with(committed(10), "500 Internal Server Error"), replicated},
       post,
       "all"},
      {"the app's own word is not believed",
       {answer_with("litefs-replicated: all\r\n" + committed(10)), {}},
       post,
       ""},
  };
  for (auto const& [what, how, request, told] : rows) {
    SCOPED_TRACE(what);
    primary_node n(how);
    n.candidates.say(confirmation::complete);
    auto const answer = n.door().ask(request);
    EXPECT_EQ(line_of(answer, "litefs-replicated"), told);
    EXPECT_EQ(n.candidates.asked(), told.empty() ? 0U : 1U);
    EXPECT_EQ(count(answer, "litefs-ack"), 0U);
  }
}

TEST(acknowledge, the_answer_leaves_when_the_candidates_have_the_position) {
  primary_node n({answer_with(committed(10)), replicated});
  auto client = n.door().connect();
  client.send(post);
  ASSERT_TRUE(eventually([&] { return n.candidates.asked() == 1; }));
  EXPECT_EQ(n.candidates.question(0), (std::vector<database_position>{{database, at(10)}}));
  EXPECT_EQ(n.door().workers().all().acknowledging, 1U);
  EXPECT_FALSE(n.door().workers().writes_ended());
  n.candidates.say(confirmation::complete);
  auto const answer = answer_of(client);
  EXPECT_EQ(status_of(answer), 200);
  EXPECT_EQ(line_of(answer, "litefs-position"), cookie_of(at(10)));
  EXPECT_EQ(n.counted(acknowledgement::all), 1U);
  EXPECT_EQ(n.door().workers().all().acknowledging, 0U);
}

TEST(acknowledge, a_place_at_the_target_is_free_meanwhile) {
  primary_node n({answer_with(committed(10)), [](proxy_config& c) {
                    c.ack_replicated = true;
                    c.limits.target_connections = 1;
                  }});
  auto first = n.door().connect();
  auto second = n.door().connect();
  first.send(post);
  second.send(post);
  EXPECT_TRUE(eventually([&] { return n.candidates.asked() == 2; }));
  n.candidates.say(confirmation::complete);
  EXPECT_EQ(status_of(answer_of(first)), 200);
  EXPECT_EQ(status_of(answer_of(second)), 200);
}

TEST(acknowledge, an_app_that_serves_one_connection_at_a_time_is_free_meanwhile) {
  std::atomic<bool> free{false};
  scripted_upstream app([&free](raw_socket& s, scripted_upstream& self) {
    self.next_request(s);
    auto const answer = answer_with("Connection: close\r\n" + committed(10));
    s.send(answer.substr(0, answer.size() - 1));
    std::this_thread::sleep_for(5ms);  // the body comes apart from its head
    s.send(answer.substr(answer.size() - 1));
    free = s.receive().empty();
  });
  oracle candidates;
  auto c = node_config("n1", app.port());
  replicated(c);
  front_door door(std::move(c), state_at(9, role::primary),
                  [&candidates](node& n) { candidates.install(n); });
  auto client = door.connect();
  client.send(post);
  ASSERT_TRUE(eventually([&] { return candidates.asked() == 1; }));
  EXPECT_TRUE(eventually([&] { return free.load(); }));
  candidates.say(confirmation::complete);
  auto const answer = answer_of(client);
  EXPECT_EQ(status_of(answer), 200);
  EXPECT_TRUE(answer.ends_with("\r\n\r\nok"));
}

TEST(acknowledge, a_handoff_waits_for_it) {
  primary_node n({answer_with(committed(10)), replicated});
  auto client = n.door().connect();
  client.send(post);
  ASSERT_TRUE(eventually([&] { return n.candidates.asked() == 1; }));
  n.door().workers().post_hold(true);
  EXPECT_TRUE(eventually([&] { return n.door().workers().all().threads_holding == 1; }));
  EXPECT_FALSE(n.door().workers().writes_ended());
  n.candidates.say(confirmation::complete);
  EXPECT_EQ(status_of(answer_of(client)), 200);
  EXPECT_TRUE(n.door().workers().writes_ended());
}

TEST(acknowledge, what_is_said_if_they_do_not_have_it) {
  auto const fail = [](proxy_config& c) { c.ack_replicated = c.ack_fail = true; };
  struct row {
    char const* what;
    std::function<void(proxy_config&)> adjust;
    confirmation end;
    int status;
    acknowledgement counted;
  };
  std::vector<row> const rows{
      {"degrade", replicated, confirmation::missing, 200, acknowledgement::no},
      {"fail", fail, confirmation::missing, 504, acknowledgement::failed},
      {"the primary changed", replicated, confirmation::role_lost, 504, acknowledgement::failed},
  };
  for (auto const& [what, adjust, end, status, how] : rows) {
    SCOPED_TRACE(what);
    primary_node n({answer_with(committed(10)), adjust});
    n.candidates.say(end);
    auto const answer = n.door().ask(post);
    EXPECT_EQ(status_of(answer), status);
    EXPECT_EQ(line_of(answer, "litefs-replicated"), "no");
    EXPECT_EQ(line_of(answer, "litefs-not-executed"), "");
    EXPECT_EQ(n.counted(how), 1U);
  }
}

TEST(acknowledge, fail_runs_no_write_that_cannot_be_replicated) {
  primary_node n({answer_with(committed(10)), [](proxy_config& c) { c.ack_replicated = c.ack_fail = true; }});
  n.candidates.say(confirmation::complete);
  n.door().shared().replicable = false;
  EXPECT_EQ(status_of(n.door().ask(get)), 200) << "a read is none";
  n.app().forget();
  auto client = n.door().connect();
  client.send(post);
  EXPECT_TRUE(eventually([&] { return n.door().workers().all().held == 1; }));
  EXPECT_EQ(n.app().received(), "");
  n.door().shared().replicable = true;
  n.door().workers().post_wake();
  EXPECT_EQ(status_of(answer_of(client)), 200);
}

TEST(acknowledge, fail_refuses_what_was_held_for_too_long) {
  primary_node n({answer_with(committed(10)), [](proxy_config& c) {
                    c.ack_replicated = c.ack_fail = true;
                    c.primary_redirect_timeout = 50ms;
                  }});
  n.door().shared().replicable = false;
  auto const answer = n.door().ask(post);
  EXPECT_EQ(status_of(answer), 503);
  EXPECT_EQ(line_of(answer, "litefs-not-executed"), "candidate-away");
  EXPECT_EQ(n.app().received(), "");
}

TEST(acknowledge, a_bound_on_the_answers_that_wait) {
  primary_node n({answer_with(committed(10)), [](proxy_config& c) {
                    c.ack_replicated = true;
                    c.limits.waiting = 1;
                  }});
  auto first = n.door().connect();
  first.send(post);
  ASSERT_TRUE(eventually([&] { return n.candidates.asked() == 1; }));
  EXPECT_EQ(line_of(n.door().ask(post), "litefs-replicated"), "no");
  n.candidates.say(confirmation::complete);
  EXPECT_EQ(line_of(answer_of(first), "litefs-replicated"), "all");
}

TEST(acknowledge, an_app_that_says_nothing_is_looked_after) {
  oracle candidates;
  scripted_upstream app{std::string(ok)};
  auto c = node_config("n1", app.port());
  replicated(c);
  front_door door(std::move(c), state_at(9, role::primary), [&candidates](node& n) {
    candidates.install(n);
    n.read_positions = []() -> awaitable<result<std::vector<database_position>>> {
      co_return std::vector<database_position>{{database, at(11)}};
    };
  });
  candidates.say(confirmation::complete);
  EXPECT_EQ(line_of(door.ask(post), "litefs-replicated"), "all");
  EXPECT_EQ(candidates.question(0), (std::vector<database_position>{{database, at(11)}}));
}

TEST(acknowledge, a_write_from_a_replica_waits_at_the_primary) {
  oracle candidates;
  oracle none;
  two_nodes nodes(answer_with(committed(10)), replicated,
                  [&](node& n) { (n.hostname() == "n1" ? candidates : none).install(n); });
  auto client = nodes.replica->connect();
  client.send(post);
  ASSERT_TRUE(eventually([&] { return candidates.asked() == 1; }));
  candidates.say(confirmation::complete);
  auto const answer = answer_of(client);
  EXPECT_EQ(status_of(answer), 200);
  EXPECT_EQ(line_of(answer, "litefs-replicated"), "all");
  EXPECT_EQ(line_of(answer, "litefs-position"), cookie_of(at(10)));
  EXPECT_EQ(none.asked(), 0U) << "who forwards does not wait as well";
}

}  // namespace
}  // namespace litefs::proxy::test
