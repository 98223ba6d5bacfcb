// What clients are told of positions: which responses set the cookie, which only advance it, which never
// carry one.
#include <gtest/gtest.h>

#include "two_nodes.hpp"

namespace litefs::proxy::test {
namespace {

constexpr std::string_view committed_10 = "litefs-committed: db=000000000000000a/0000000000000046\r\n";

struct row {
  std::string_view name;
  std::string request;
  std::string app_fields;  // of a 200
  position cookie;         // that is set; TXID 0: none
  std::string cache_control;
};

std::string get_at(std::uint64_t txid) { return get_with_cookie(at(txid)); }

std::string committed_post(std::string_view fields) {
  return "POST /p HTTP/1.1\r\nHost: h\r\n" + std::string(fields) + "Content-Length: 0\r\n\r\n";
}

std::string with(std::string_view fields) { return std::string(committed_10).append(fields); }

// The primary is at TXID 9, 10 is what the app says it committed, 12 what the keeper reads.
std::vector<row> rows() {
  return {
      {"a write that committed", std::string(post), with(""), at(10), "private"},
      {"a write that did not", std::string(post), "litefs-committed: none\r\n", {}, ""},
      {"a write of an app that does not tell", std::string(post), "", at(12), "private"},
      {"a write whose app tells nonsense", std::string(post), "litefs-committed: db=1\r\n", at(12),
       "private"},
      {"a GET that committed", std::string(get), with(""), at(10), "private"},
      {"a read of a new client", std::string(get), "", {}, ""},
      {"a read of a client that is behind", get_at(5), "", at(9), "private"},
      {"a HEAD of a client that is behind", get_with_cookie(at(5), "HEAD"), "", at(9), "private"},
      {"a read of a client that is level", get_at(9), "", {}, ""},
      {"a read of a client that is ahead of the news", get_at(12), "", {}, ""},
      {"a read of a client that is ahead of the database", get_at(20), "", at(9), "private"},
      {"a shared read", get_at(5), "Cache-Control: public\r\n", {}, "public"},
      {"a read that shared caches keep",
       get_at(5),
       "Cache-Control: max-age=1, s-maxage=9\r\n",
       {},
       "max-age=1, s-maxage=9"},
      {"a read that is private", get_at(5), "Cache-Control: private\r\n", at(9), "private"},
      {"a write that nobody stores", std::string(post), with("Cache-Control: no-store\r\n"), at(10),
       "no-store"},
      {"a malformed cookie",
       "GET /g HTTP/1.1\r\nHost: h\r\nCookie: litefs-position=1.zz\r\n\r\n",
       "",
       {},
       ""},
      {"the header of API clients",
       "GET /g HTTP/1.1\r\nHost: h\r\nlitefs-position: " + cookie_of(at(5)) + "\r\n\r\n", "", at(9),
       "private"},
  };
}

void keeper_reads_12(node& n) {
  n.read_positions = []() -> boost::asio::awaitable<result<std::vector<database_position>>> {
    co_return std::vector<database_position>{{database, at(12)}};
  };
}

std::string answering(std::string_view fields) {
  return "HTTP/1.1 200 OK\r\n" + std::string(fields) + "Content-Length: 0\r\n\r\n";
}

TEST(consistency, the_cookie_is_set_on_commits_and_advanced_on_reads) {
  for (auto const& r : rows()) {
    SCOPED_TRACE(r.name);
    scripted_upstream app(answering(r.app_fields));
    front_door door(node_config("n1", app.port()), state_at(9, role::primary), keeper_reads_12);
    auto const answer = door.ask(r.request);
    EXPECT_EQ(status_of(answer), 200);
    bool const set = r.cookie.txid.value != 0;
    auto const cookie =
        "litefs-position=" + cookie_of(r.cookie) + "; Path=/; Max-Age=300; HttpOnly; SameSite=Lax";
    EXPECT_EQ(line_of(answer, "Set-Cookie"), set ? cookie : "");
    EXPECT_EQ(line_of(answer, "litefs-position"), set ? cookie_of(r.cookie) : "");
    EXPECT_EQ(line_of(answer, "Cache-Control"), r.cache_control);
    EXPECT_EQ(count(answer, "Cache-Control: "), r.cache_control.empty() ? 0U : 1U);
    EXPECT_EQ(line_of(answer, "litefs-committed"), "");
  }
}

TEST(consistency, a_commit_to_one_database_forgets_nothing_of_another) {
  scripted_upstream app(answering(with("")));
  front_door door(node_config("n1", app.port()), state_at(9, role::primary));
  demand const other{database_id("other"), at(7)};
  auto const answer = door.ask(committed_post("litefs-position: " + format_demands({other}) + "\r\n"));
  EXPECT_EQ(*parse_demands(line_of(answer, "litefs-position")),
            (demands{other, {database_id(database), at(10)}}));
}

// `private` forbids sharing whatever else is said.
TEST(consistency, a_commit_is_never_shared) {
  scripted_upstream app(answering(with("Cache-Control: public\r\n")));
  front_door door(node_config("n1", app.port()), state_at(9, role::primary));
  EXPECT_NE(door.ask(post).find("\r\nCache-Control: private\r\n"), std::string::npos);
}

TEST(consistency, a_failed_write_of_a_silent_app_sets_no_cookie) {
  scripted_upstream app("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n");
  front_door door(node_config("n1", app.port()), state_at(9, role::primary), keeper_reads_12);
  EXPECT_EQ(line_of(door.ask(post), "Set-Cookie"), "");
}

TEST(consistency, without_a_cluster_there_is_no_cookie) {
  scripted_upstream app(answering(with("")));
  front_door door(single_config(app.port()), state_of(role::single), keeper_reads_12);
  EXPECT_EQ(line_of(door.ask(post), "Set-Cookie"), "");
}

TEST(consistency, the_cookie_is_secure_behind_tls_that_is_believed) {
  auto const request = committed_post("X-Forwarded-Proto: https\r\n");
  for (bool const trusted : {false, true}) {
    SCOPED_TRACE(trusted);
    scripted_upstream app(answering(with("")));
    auto config = node_config("n1", app.port());
    if (trusted) config.trusted_proxies = {"127.0.0.0/8"};
    front_door door(std::move(config), state_at(9, role::primary));
    EXPECT_EQ(line_of(door.ask(request), "Set-Cookie").ends_with("; Secure"), trusted);
  }
}

TEST(consistency, a_passthrough_read_neither_waits_nor_gets_a_cookie) {
  scripted_upstream app{std::string(ok)};
  auto config = node_config("n2", app.port());
  config.passthrough = {path_pattern("/static/*")};
  config.read_wait = milliseconds(5000);
  front_door door(std::move(config), state_at(9, role::replica, "n1"));
  for (std::uint64_t const txid : {5U, 20U}) {
    auto const answer = door.ask(get_with_cookie(at(txid), "GET", "/static/a.css"));
    EXPECT_TRUE(answer.ends_with("ok")) << answer;
    EXPECT_EQ(line_of(answer, "Set-Cookie") + line_of(answer, "litefs-position"), "");
  }
  EXPECT_EQ(door.counted(&thread_counts::position_waits), 0U);
  EXPECT_EQ(count(app.received(), "GET /static/a.css"), 2U);
}

// A position of another history: the primary answers, once, and the client gets a position that exists.
TEST(consistency, a_diverged_client_is_told_and_gets_a_position_of_this_history) {
  position const other{{9}, 1};
  two_nodes nodes;
  for (auto* const door : {nodes.primary.get(), nodes.replica.get()}) {
    auto const answer = door->ask(get_with_cookie(other));
    EXPECT_EQ(status_of(answer), 200);
    EXPECT_EQ(line_of(answer, "litefs-lineage"), "diverged");
    EXPECT_EQ(line_of(answer, "litefs-position"), cookie_of(at(9)));
    EXPECT_TRUE(line_of(answer, "Set-Cookie").starts_with("litefs-position=" + cookie_of(at(9)) + ";"));
    auto const next = door->ask(get_at(9));
    EXPECT_EQ(line_of(next, "litefs-lineage") + line_of(next, "Set-Cookie"), "");
  }
  EXPECT_EQ(count(nodes.app1.received(), "GET /g"), 3U);
  EXPECT_EQ(count(nodes.app2.received(), "GET /g"), 1U);
}

// Also when that position is a lower one: it must not go on asking for what will never come.
TEST(consistency, a_diverged_client_goes_back_to_a_primary_with_less) {
  two_nodes nodes;
  nodes.primary->become(state_at(5, role::primary));
  auto const answer = nodes.replica->ask(get_with_cookie({{9}, 1}));
  EXPECT_EQ(line_of(answer, "litefs-lineage"), "diverged");
  EXPECT_TRUE(line_of(answer, "Set-Cookie").starts_with("litefs-position=" + cookie_of(at(5)) + ";"))
      << answer;
}

// After a failover that lost a tail: the client is ahead of the new primary, and stays so without this.
TEST(consistency, a_client_beyond_the_primary_gets_a_position_that_exists) {
  auto const write = "POST /p HTTP/1.1\r\nHost: h\r\nCookie: litefs-position=" + cookie_of(at(20)) +
                     "\r\nContent-Length: 0\r\n\r\n";
  struct case_ {
    std::string request;
    std::string app_fields;
    position cookie;
  };
  for (auto const& c : {case_{get_at(20), "", at(9)}, case_{write, std::string(committed_10), at(10)}}) {
    SCOPED_TRACE(c.request);
    two_nodes nodes(answering(c.app_fields), [](proxy_config& p) { p.read_wait = milliseconds(50); });
    keeper_reads_12(nodes.primary->shared());
    nodes.primary->become(state_at(9, role::primary));
    for (auto* const door : {nodes.primary.get(), nodes.replica.get()}) {
      auto const answer = door->ask(c.request);
      EXPECT_EQ(status_of(answer), 200);
      EXPECT_EQ(line_of(answer, "litefs-lineage"), "diverged");
      EXPECT_EQ(count(answer, "litefs-lineage: "), 1U);
      EXPECT_TRUE(line_of(answer, "Set-Cookie").starts_with("litefs-position=" + cookie_of(c.cookie) + ";"))
          << answer;
    }
  }
}

// An app cannot say it.
TEST(consistency, the_word_of_an_app_on_lineage_is_nothing) {
  scripted_upstream app(answering("litefs-lineage: diverged\r\n"));
  front_door door(node_config("n1", app.port()), state_at(9, role::primary));
  EXPECT_EQ(line_of(door.ask(get_at(5)), "litefs-lineage"), "");
}

}  // namespace
}  // namespace litefs::proxy::test
