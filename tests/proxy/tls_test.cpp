// TLS at the front door: what is agreed on, who is let in, and that bytes pass as without it.
#include <gtest/gtest.h>

#include "tls_files.hpp"
#include "two_nodes.hpp"

namespace litefs::proxy::test {
namespace {

proxy_config tls_config(std::uint16_t target, issued const& with, std::string const& client_ca = {}) {
  auto c = single_config(target);
  endpoint const any{.host = "127.0.0.1", .port = 0, .unix_path = {}};
  c.tls.push_back({.addr = any, .cert = with.cert_file, .key = with.key_file, .client_ca = client_ca});
  return c;
}

std::uint16_t tls_port(front_door& door) { return door.workers().bound().back().port; }

TEST(tls, serves_beside_plain_http_and_tells_the_app) {
  tls_files const files;
  scripted_upstream app{std::string(ok)};
  front_door door(tls_config(app.port(), files.local));
  ASSERT_EQ(status_of(door.ask(get)), 200);
  EXPECT_EQ(line_of(app.received(), "X-Forwarded-Proto"), "http");
  app.forget();
  tls_client client(tls_port(door), {.ca = files.ca.cert_file});
  ASSERT_TRUE(client.connected());
  EXPECT_EQ(client.alpn(), "http/1.1");
  EXPECT_EQ(client.protocol(), "TLSv1.3");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(status_of(client.ask(get)), 200);
  EXPECT_EQ(line_of(app.received(), "X-Forwarded-Proto"), "https");
  client.send("GET /g HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(status_of(client.answer()), 200);
  EXPECT_EQ(client.receive(), "");
  EXPECT_TRUE(client.clean_end) << "without close_notify a client may take an answer for truncated";
}

struct handshake_row {
  char const* name;
  std::string alpn;
  int newest;
  bool agreed;
};

TEST(tls, agrees_on_tls_1_2_or_newer_and_on_http_1_1_alone) {
  tls_files const files;
  scripted_upstream app{std::string(ok)};
  front_door door(tls_config(app.port(), files.local));
  for (auto const& row :
       {handshake_row{"TLS 1.2", "\x08http/1.1", TLS1_2_VERSION, true},
        handshake_row{"TLS 1.1", "\x08http/1.1", TLS1_1_VERSION, false},
        handshake_row{"no ALPN", "", 0, true}, handshake_row{"h2 first", "\x02h2\x08http/1.1", 0, true},
        handshake_row{"h2 alone", "\x02h2", 0, false}}) {
    tls_client client(tls_port(door), {.ca = files.ca.cert_file, .alpn = row.alpn, .newest = row.newest});
    EXPECT_EQ(client.connected(), row.agreed) << row.name;
    if (row.agreed) {
      EXPECT_EQ(status_of(client.ask(get)), 200) << row.name;
    }
  }
  EXPECT_TRUE(eventually([&] { return door.counted(&thread_counts::tls_failed) == 2; }));
}

TEST(tls, asks_for_a_certificate_where_client_ca_is_given) {
  tls_files files;
  auto const stranger_ca = files.issue("other-ca", nullptr, "", 3600);
  auto const stranger = files.issue("stranger", &stranger_ca, "", 3600);
  auto const peer = files.issue("peer", &files.ca, "", 3600);
  scripted_upstream app{std::string(ok)};
  front_door door(tls_config(app.port(), files.local, files.ca.cert_file));
  for (issued const* own : {static_cast<issued const*>(nullptr), &stranger}) {
    tls_client client(tls_port(door), {.ca = files.ca.cert_file, .own = own});
    EXPECT_EQ(client.ask(get), "");  // in TLS 1.3 the client is done before it is judged
  }
  tls_client client(tls_port(door), {.ca = files.ca.cert_file, .own = &peer});
  EXPECT_EQ(status_of(client.ask(get)), 200);
}

TEST(tls, a_handshake_that_does_not_come_ends_with_the_header_deadline) {
  tls_files const files;
  auto config = tls_config(1, files.local);
  config.timeouts.header = milliseconds(300);
  front_door door(std::move(config));
  auto silent = raw_socket::connect(tls_port(door));
  auto plain = raw_socket::connect(tls_port(door));
  plain.send(get);
  auto const begun = std::chrono::steady_clock::now();
  EXPECT_EQ(silent.receive(), "");
  EXPECT_FALSE(silent.timed_out);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(2));
  EXPECT_FALSE(plain.receive_all().starts_with("HTTP/")) << "plain HTTP is not answered as if it were TLS";
}

TEST(tls, large_bodies_pass_both_ways) {
  constexpr std::size_t size = 3 * 1024 * 1024 + 7;
  std::string body(size, 0);
  for (std::size_t i = 0; i < size; ++i) body[i] = static_cast<char>(i * 31 + i / 977);
  tls_files const files;
  auto const answer = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" + body;
  scripted_upstream app{answer};
  front_door door(tls_config(app.port(), files.local));
  tls_client client(tls_port(door), {.ca = files.ca.cert_file});
  auto const head = "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n";
  ASSERT_TRUE(client.send(head + body));
  auto const received = client.answer();
  EXPECT_EQ(status_of(received), 200);
  EXPECT_TRUE(received.ends_with("\r\n\r\n" + body));
  EXPECT_TRUE(app.received().ends_with("\r\n\r\n" + body));
}

TEST(tls, a_new_certificate_is_for_new_connections) {
  tls_files files;
  auto const renewed = files.issue("renewed", &files.ca, "IP:127.0.0.1", 3600);
  scripted_upstream app{std::string(ok)};
  auto config = tls_config(app.port(), files.local);
  front_door door(config);
  tls_client old(tls_port(door), {.ca = files.ca.cert_file});
  EXPECT_EQ(status_of(old.ask(get)), 200);
  config.tls.front().cert = renewed.cert_file;
  config.tls.front().key = renewed.key_file;
  door.workers().post_live(load_live_or_throw(config));
  EXPECT_TRUE(eventually([&] {
    tls_client fresh(tls_port(door), {.ca = files.ca.cert_file});
    return fresh.serial() != old.serial() && status_of(fresh.ask(get)) == 200;
  }));
  EXPECT_EQ(status_of(old.ask(get)), 200);
}

// A primary that speaks TLS on its first address and wants a certificate of its peers.
struct tls_nodes {
  explicit tls_nodes(std::string const& names = "IP:127.0.0.1",
                     std::function<void(peer_tls&)> const& adjust = {})
      : served(files.issue("n1", &files.ca, names, 3600)) {
    auto c1 = node_config("n1", app1.port());
    c1.tls = tls_config(0, served, files.ca.cert_file).tls;
    c1.primary_urls = {{"n2", "http://127.0.0.1:1"}};
    primary = std::make_unique<front_door>(std::move(c1), state_at(9, role::primary));
    auto c2 = node_config("n2", app2.port());
    c2.primary_redirect_timeout = milliseconds(500);
    c2.primary_urls = {{"n1", "https://127.0.0.1:" + std::to_string(tls_port(*primary))}};
    c2.peer_tls = {.ca = files.ca.cert_file, .cert = own.cert_file, .key = own.key_file, .verify = true};
    if (adjust) adjust(c2.peer_tls);
    replica = std::make_unique<front_door>(std::move(c2), state_at(9, role::replica, "n1"));
  }

  tls_files files;
  issued own = files.issue("n2", &files.ca, "DNS:n2", 3600);
  issued served;
  scripted_upstream app1{std::string(ok)};
  scripted_upstream app2{std::string(ok)};
  std::unique_ptr<front_door> primary;
  std::unique_ptr<front_door> replica;
};

TEST(tls, a_write_reaches_a_primary_that_asks_for_certificates) {
  tls_nodes nodes;
  auto client = nodes.replica->connect();
  for (int i = 0; i < 3; ++i) {
    client.send(post);
    EXPECT_EQ(status_of(answer_of(client)), 200);
  }
  EXPECT_EQ(count(nodes.app1.received(), "POST /p"), 3U);
  EXPECT_EQ(line_of(nodes.app1.received(), "X-Forwarded-Proto"), "http") << "what the client spoke";
}

TEST(tls, a_primary_that_cannot_prove_its_name_gets_no_write) {
  struct row {
    char const* what;
    std::string names;  // that its certificate is for
    std::function<void(peer_tls&)> adjust;
    int status;
  };
  tls_files others;
  for (auto const& r :
       {row{"its name", "IP:127.0.0.1", [](auto&) {}, 200},
        row{"another name", "IP:127.0.0.2,DNS:localhost", [](auto&) {}, 503},
        row{"another authority", "IP:127.0.0.1", [&](auto& p) { p.ca = others.ca.cert_file; }, 503},
        row{"without verification", "IP:127.0.0.2",
            [&](auto& p) {
              p.ca = others.ca.cert_file;
              p.verify = false;
            },
            200},
        row{"no certificate of ours", "IP:127.0.0.1", [](auto& p) { p.cert = p.key = {}; }, 502}}) {
    tls_nodes nodes(r.names, [&](peer_tls& p) { r.adjust(p); });
    auto const answer = nodes.replica->ask(post);
    EXPECT_EQ(status_of(answer), r.status) << r.what << answer;
    EXPECT_EQ(nodes.app1.received().empty(), r.status != 200) << r.what;
  }
}

}  // namespace
}  // namespace litefs::proxy::test
