// A primary's front door and a replica that links to it: both ends, over a real connection.
#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include "control_thread.hpp"
#include "litefs/proxy/link_door.hpp"
#include "litefs/proxy/net.hpp"
#include "litefs/proxy/primary_link.hpp"
#include "litefs/proxy/replica_links.hpp"
#include "tls_files.hpp"
#include "two_nodes.hpp"

namespace litefs::proxy::test {
namespace {

using namespace std::chrono_literals;

node_report report_of(role r, std::uint64_t txid) {
  return {.version = "0",
          .role = r,
          .primary = "n1",
          .candidate = true,
          .ready = true,
          .leaving = false,
          .probe_age = 5ms,
          .reasons = {},
          .freeze = {},
          .positions = {{database, at(txid)}},
          .candidates = {"n2"}};
}

class linked {
 public:
  // `over_tls`: the primary wants the replica's certificate too.
  explicit linked(std::string const& replica_secret = "0123456789abcdef", bool over_tls = false) {
    auto c1 = node_config("n1", app_.port());
    if (over_tls) c1.tls.push_back(listener_of(files_));
    c1.primary_urls = {{"n2", "http://127.0.0.1:1"}};
    door_ = std::make_unique<front_door>(std::move(c1), state_at(9, role::primary), [this](node& n) {
      n.accept_link = [this](link_caller caller) {
        asio::post(control.context,
                   [this, caller = std::move(caller)]() mutable { replicas->accept(std::move(caller)); });
      };
    });
    auto c2 = node_config("n2", app_.port());
    c2.primary_urls = {{"n1", local_url(door_->port())}};
    if (over_tls) {
      auto const port = door_->workers().bound().back().port;
      c2.primary_urls = {{"n1", "https://127.0.0.1:" + std::to_string(port)}};
      c2.peer_tls = {.ca = files_.ca.cert_file, .cert = own_.cert_file, .key = own_.key_file, .verify = true};
    }
    c2.secrets = {replica_secret};
    replica_ = std::make_unique<node>(std::move(c2));
    replicas.emplace(control.context, control.changed, door_->shared(),
                     replica_links::hooks{
                         .own_report = [this] { return report_of(primary_role, primary_txid); },
                         .on_report = [this](std::string const& from,
                                             node_report const&) { told.push_back("report of " + from); },
                         .on_gone = [this](std::string const& from) { told.push_back(from + " gone"); },
                         .incidents = [this]() -> chronicle const& { return of_primary; },
                         .on_incidents = [this](told_incidents const& t) { of_primary.merge(t.incidents); }});
    link.emplace(control.context, control.changed, *replica_,
                 primary_link::hooks{
                     .state = [this]() -> node_state const& { return replica_state; },
                     .own_report = [this] { return report_of(role::replica, replica_txid); },
                     .on_report =
                         [this](std::string const& from, node_report const* r) {
                           EXPECT_EQ(from, "n1");
                           heard = r != nullptr ? std::optional(*r) : std::nullopt;
                           reports += r != nullptr ? 1 : 0;
                           control.changed.notify();
                         },
                     .on_take =
                         [this](take_request const& take) {
                           link->say(take_refusal{take.ticket, "no"});
                         },
                     .incidents = [this]() -> chronicle const& { return of_replica; },
                     .on_incidents = [this](told_incidents const& t) { of_replica.merge(t.incidents); }});
  }

  void run(std::function<asio::awaitable<void>(linked&)> test) {
    asio::co_spawn(control.context, link->run(), asio::detached);
    control.run(test(*this));
    link->stop();
    replicas->stop();
    control.context.restart();
    control.context.run_for(500ms);  // every coroutine to its end
  }

  asio::awaitable<bool> until(std::function<bool()> met, int ms = 5'000) {
    auto const end = in_ms(ms);
    while (!met() && std::chrono::steady_clock::now() < end) co_await control.changed.wait(in_ms(2), met);
    co_return met();
  }
  asio::awaitable<bool> up() {
    std::function<bool()> const met = [this] {
      auto const found = replicas->peers().find("n2");
      return heard && found != replicas->peers().end() && found->second.report;
    };
    co_return co_await until(met);
  }
  node& replica() { return *replica_; }
  front_door& door() { return *door_; }

  control_thread control;
  sweep ticks{control.context};
  std::optional<replica_links> replicas;
  std::optional<primary_link> link;
  node_state replica_state = state_at(9, role::replica, "n1");
  role primary_role = role::primary;
  std::uint64_t primary_txid = 9;
  std::uint64_t replica_txid = 9;
  chronicle of_primary;
  chronicle of_replica;
  std::optional<node_report> heard;
  int reports = 0;
  std::vector<std::string> told;  // by the primary's ends

 private:
  static tls_listener listener_of(tls_files const& files) {
    return {.addr = {.host = "127.0.0.1", .port = 0, .unix_path = {}},
            .cert = files.local.cert_file,
            .key = files.local.key_file,
            .client_ca = files.ca.cert_file};
  }

  tls_files files_;
  issued own_ = files_.issue("n2", &files_.ca, "", 3600);
  scripted_upstream app_{std::string(ok)};
  std::unique_ptr<node> replica_;
  std::unique_ptr<front_door> door_;
};

asio::awaitable<void> both_report(linked& l) {
  EXPECT_TRUE(co_await l.up());
  EXPECT_EQ(*l.heard, report_of(role::primary, 9));
  EXPECT_EQ(*l.replicas->peers().at("n2").report, report_of(role::replica, 9));
  EXPECT_EQ(l.told.back(), "report of n2");
  l.primary_txid = 10;
  l.replicas->report_changed();
  std::function<bool()> const heard_it = [&l] { return l.heard->positions[0].position == at(10); };
  EXPECT_TRUE(co_await l.until(heard_it, 400)) << "not before the next heartbeat";
  l.replica_txid = 10;
  l.link->on_change();
  std::function<bool()> const told_it = [&l] {
    return l.replicas->peers().at("n2").report->positions[0].position == at(10);
  };
  EXPECT_TRUE(co_await l.until(told_it, 400));
}

TEST(peer_link, both_ends_hear_each_change_at_once) { linked().run(both_report); }
TEST(peer_link, the_same_over_tls) { linked("0123456789abcdef", true).run(both_report); }

incident happened(std::int64_t at, std::string node) {
  return {.at_ms = at, .node = std::move(node), .kind = "role", .what = "is something"};
}

// What each knew before they met, and what happens later.
asio::awaitable<void> incidents(linked& l) {
  l.of_primary.merge({happened(1, "n1")});
  l.of_replica.merge({happened(2, "n2")});
  std::function<bool()> const both_know = [&l] {
    return !l.of_primary.all().empty() && l.of_primary.all() == l.of_replica.all();
  };
  EXPECT_TRUE(co_await l.until(both_know));
  EXPECT_EQ(l.of_primary.all().size(), 2U);
  l.of_replica.merge({happened(3, "n2")});
  l.link->chronicle_changed();
  EXPECT_TRUE(co_await l.until(both_know));
  l.of_primary.merge({happened(4, "n1")});
  l.replicas->chronicle_changed();
  EXPECT_TRUE(co_await l.until(both_know));
  EXPECT_EQ(l.of_primary.all().size(), 4U);
}

TEST(peer_link, tells_what_happened_both_ways) { linked().run(incidents); }

asio::awaitable<void> heartbeats(linked& l) {
  EXPECT_TRUE(co_await l.up());
  auto const before = l.reports;
  std::function<bool()> const three_more = [&l, before] { return l.reports >= before + 3; };
  EXPECT_TRUE(co_await l.until(three_more, 3'000));
}

TEST(peer_link, a_quiet_link_has_heartbeats) { linked().run(heartbeats); }

asio::awaitable<void> not_primary(linked& l) {
  l.primary_role = role::replica;
  std::function<bool()> const linked_up = [&l] { return l.replicas->peers().contains("n2"); };
  EXPECT_TRUE(co_await l.until(linked_up));
  std::function<bool()> const heard = [&l] { return l.reports > 0; };
  EXPECT_FALSE(co_await l.until(heard, 700));
}

TEST(peer_link, a_peer_that_is_no_primary_is_not_heard) { linked().run(not_primary); }

asio::awaitable<void> take(linked& l) {
  EXPECT_TRUE(co_await l.up());
  EXPECT_FALSE(l.replicas->say("n3", take_request{"t1"}));
  EXPECT_EQ(l.replicas->refusal("n3", "t1"), "its link broke");
  EXPECT_TRUE(l.replicas->say("n2", take_request{"t1"}));
  std::function<bool()> const refused = [&l] { return l.replicas->refusal("n2", "t1") == "no"; };
  EXPECT_TRUE(co_await l.until(refused));
  EXPECT_EQ(l.replicas->refusal("n2", "t2"), std::nullopt);
}

TEST(peer_link, carries_the_request_to_take_over_and_its_refusal) { linked().run(take); }

asio::awaitable<void> other_primary(linked& l) {
  EXPECT_TRUE(co_await l.up());
  l.replica_state = state_at(9, role::replica, "n3");
  l.link->on_change();
  std::function<bool()> const gone = [&l] { return l.replicas->peers().empty() && !l.heard; };
  EXPECT_TRUE(co_await l.until(gone));
  EXPECT_EQ(l.told.back(), "n2 gone");
}

TEST(peer_link, ends_with_the_primary_that_it_was_for) { linked().run(other_primary); }

asio::awaitable<void> second_link(linked& l) {
  EXPECT_TRUE(co_await l.up());
  auto const first = l.replicas->peers().at("n2").session;
  auto dialled = co_await dial_link(l.replica(), l.control.context, l.ticks, "n1");
  EXPECT_TRUE(dialled.has_value());
  std::function<bool()> const replaced = [&l, &first] {
    auto const found = l.replicas->peers().find("n2");
    return found != l.replicas->peers().end() && found->second.session != first;
  };
  EXPECT_TRUE(co_await l.until(replaced));
}

TEST(peer_link, a_newer_link_of_a_node_replaces_the_older_one) { linked().run(second_link); }

asio::awaitable<void> stranger(linked& l) {
  auto const dialled = co_await dial_link(l.replica(), l.control.context, l.ticks, "n1");
  EXPECT_EQ(dialled.error(), errc::bad_link_message);
  EXPECT_TRUE(l.replicas->peers().empty());
}

TEST(peer_link, another_secret_gets_no_link) { linked("another secret 0123").run(stranger); }

TEST(peer_link, without_a_hop_there_is_no_such_path) {
  linked l;
  auto const answer = l.door().ask(
      "GET /litefs/peer/link HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: litefs-link/1\r\n\r\n");
  EXPECT_EQ(status_of(answer), 404);
}

asio::awaitable<void> unsealed(linked& l) {
  EXPECT_TRUE(co_await l.up());
  auto dialled = co_await dial_link(l.replica(), l.control.context, l.ticks, "n1");
  std::string const line = std::string(64, '0') + R"( {"kind":"take","ticket":"t"})" + "\n";
  EXPECT_FALSE(co_await dialled->io->write({line, {}, {}}, 1s));
  std::function<bool()> const closed = [&l] {
    auto const found = l.replicas->peers().find("n2");
    return found == l.replicas->peers().end() || found->second.report.has_value();
  };
  EXPECT_TRUE(co_await l.until(closed)) << "a line without its seal ends the link";
}

TEST(peer_link, a_line_without_its_seal_ends_it) { linked().run(unsealed); }

}  // namespace
}  // namespace litefs::proxy::test
