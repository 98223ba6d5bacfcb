#include "litefs/config.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdio>
#include <fstream>
#include <map>

namespace litefs {
namespace {

using namespace std::chrono_literals;

std::optional<std::string> no_variables(std::string const&) { return std::nullopt; }

proxy_config load(std::string const& yaml, environment const& env = no_variables) {
  auto loaded = load_config(yaml, "f.yml", env);
  if (auto const* errors = std::get_if<std::vector<config_error>>(&loaded)) {
    for (auto const& e : *errors) ADD_FAILURE() << to_string(e);
    return {};
  }
  return std::get<proxy_config>(loaded);
}

std::string const cluster = R"(
addr: [":8081", "[::1]:8082"]
target: ["unix:/run/app.sock", "127.0.0.1:8001"]
admin-addr: 10.0.0.5:20203
databases: [db.sqlite3, other]
litefs:
  url: http://127.0.0.10:20202
  mount: /litefs
  hostname: n0
  cmd: [litefs, mount]
  start-timeout: 30s
  consul: {url: "https://consul.example", key: p/k, token: c0n5u1}
primary-url: "http://{hostname}:8081"
secret: ["${SECRET}", "0123456789abcdef"]
trusted-proxies: ["10.0.0.0/8", "::1"]
transport: direct
threads: 2
passthrough: ["*.js", "/static/*"]
always-forward: /admin/login/*
read-wait: 500ms
max-lag: 1m
stale-reads: false
cookie: {name: p, same-site: Strict, domain: .example.com}
ready: {path: /up, host: example.com}
limits: {header-bytes: 16KiB, body: 0, target-connections: 4}
timeouts: {response: 2m, target-idle: 1500ms}
log: {level: debug, format: json, access: false}
extra-methods: [PROPFIND]
exec:
  - name: migrate
    cmd: [python, manage.py, migrate]
    each-start: true
    run-on: primary
  - {name: app, cmd: [gunicorn, "a b"], env: {A: "${SECRET}"}, restart: never, stop-signal: SIGINT, stop-timeout: 5s}
)";

std::optional<std::string> with_secret(std::string const& name) {
  return name == "SECRET" ? std::optional<std::string>("a secret of enough bytes") : std::nullopt;
}

TEST(config, the_least_there_is) {
  auto const config = load("target: 127.0.0.1:8000\n");
  EXPECT_EQ(config.addr, (std::vector<endpoint>{{"", 8081, ""}}));
  EXPECT_EQ(config.targets, (std::vector<endpoint>{{"127.0.0.1", 8000, ""}}));
  EXPECT_FALSE(config.litefs);
  EXPECT_FALSE(config.admin_addr);
  EXPECT_EQ(config.read_wait, 1s);
  EXPECT_EQ(config.node_page, "");
}

TEST(config, everything) {
  auto const config = load(cluster, with_secret);
  EXPECT_EQ(config.addr, (std::vector<endpoint>{{"", 8081, ""}, {"::1", 8082, ""}}));
  ASSERT_EQ(config.targets.size(), 2U);
  EXPECT_EQ(config.targets.front().unix_path, "/run/app.sock");
  EXPECT_EQ(config.admin_addr, (endpoint{"10.0.0.5", 20203, ""}));
  EXPECT_EQ(config.databases, (std::vector<std::string>{"db.sqlite3", "other"}));
  ASSERT_TRUE(config.litefs);
  EXPECT_EQ(config.litefs->api, (endpoint{"127.0.0.10", 20202, ""}));
  EXPECT_EQ(config.litefs->cmd, (std::vector<std::string>{"litefs", "mount"}));
  EXPECT_EQ(config.litefs->start_timeout, 30s);
  EXPECT_EQ(config.secrets, (std::vector<std::string>{"a secret of enough bytes", "0123456789abcdef"}));
  EXPECT_EQ(config.trusted_proxies.size(), 2U);
  EXPECT_EQ(config.threads, 2U);
  EXPECT_EQ(config.passthrough.size(), 2U);
  EXPECT_EQ(config.always_forward, (std::vector<path_pattern>{path_pattern("/admin/login/*")}));
  EXPECT_EQ(config.read_wait, 500ms);
  EXPECT_EQ(config.max_lag, 60s);
  EXPECT_FALSE(config.stale_reads);
  EXPECT_EQ(config.cookie, (cookie_attributes{"p", "Strict", ".example.com", 300}));
  EXPECT_EQ(config.ready_path, "/up");
  EXPECT_EQ(config.limits.header_bytes, 16U * 1024);
  EXPECT_EQ(config.limits.body, 0U);
  EXPECT_EQ(config.limits.headers, 100U);
  EXPECT_EQ(config.timeouts.response, 120s);
  EXPECT_TRUE(config.log.json);
  EXPECT_FALSE(config.log.access);
  ASSERT_EQ(config.exec.size(), 2U);
  EXPECT_TRUE(config.exec[0].each_start);
  EXPECT_EQ(config.exec[0].run_on, run_on::primary);
  EXPECT_EQ(config.exec[1].cmd, (std::vector<std::string>{"gunicorn", "a b"}));
  EXPECT_EQ(config.exec[1].env.at("A"), "a secret of enough bytes");
  EXPECT_FALSE(config.exec[1].restart);
  EXPECT_EQ(config.exec[1].stop_signal, SIGINT);
  EXPECT_TRUE(config.node_page.starts_with("/dev/shm/litefs-"));
}

TEST(config, transport_auto_is_settled_by_where_we_run) {
  struct row {
    std::string word;
    bool on_fly;
    bool fly_replay;
  };
  for (auto const& [word, on_fly, fly_replay] : {row{"direct", true, false}, row{"auto", true, true},
                                                 row{"auto", false, false}, row{"fly-replay", false, true}}) {
    auto yaml = cluster;
    yaml.replace(yaml.find("transport: direct"), 17, "transport: " + word);
    auto const config = load(yaml, [&](std::string const& name) {
      return name == "FLY_MACHINE_ID" && on_fly ? std::optional<std::string>("m1") : with_secret(name);
    });
    EXPECT_EQ(config.fly_replay, fly_replay) << word << on_fly;
    EXPECT_NE(dump_config(config).find(fly_replay ? "transport: fly-replay" : "transport: direct"),
              std::string::npos);
  }
}

TEST(config, the_dump_reads_as_the_same_and_shows_no_secret) {
  auto const text = dump_config(load(cluster, with_secret));
  EXPECT_EQ(text.find("enough bytes"), std::string::npos);
  EXPECT_EQ(text.find("c0n5u1"), std::string::npos);
  EXPECT_NE(text.find("https://consul.example"), std::string::npos);
  EXPECT_EQ(text.find("0123456789abcdef"), std::string::npos);
  EXPECT_NE(text.find("<redacted>"), std::string::npos);
  auto const single = dump_config(load("target: 127.0.0.1:8000\nexec: [{name: a, cmd: [b]}]\n"));
  EXPECT_EQ(dump_config(load(single)), single);
}

TEST(config, known_keys_have_defaults) {
  std::map<std::string, std::string> defaults;
  for (auto const& [key, value] : known_keys()) EXPECT_TRUE(defaults.emplace(key, value).second) << key;
  EXPECT_EQ(defaults["read-wait"], "1s");
  EXPECT_EQ(defaults["limits.header-bytes"], "32KiB");
  EXPECT_EQ(defaults["addr"], "[:8081]");
  EXPECT_EQ(defaults["stale-reads"], "true");
  for (auto const* key :
       {"litefs.mount", "exec.name", "exec.env", "secret-file", "primary-url", "cookie.name", "target"}) {
    EXPECT_TRUE(defaults.contains(key)) << key;
  }
}

TEST(config, peer_urls) {
  proxy_config config;
  EXPECT_EQ(peer_url(config, "n1"), "http://n1:8081");
  EXPECT_EQ(peer_url(config, "n1/x"), std::nullopt);
  config.primary_urls = {{"n1", "http://10.0.0.2:8081"}};
  EXPECT_EQ(peer_url(config, "n1"), "http://10.0.0.2:8081");
  EXPECT_EQ(peer_url(config, "n2"), std::nullopt);
}

TEST(config, endpoints) {
  for (std::string_view const text :
       {"127.0.0.1:8000", ":8081", "[::1]:80", "unix:/run/app.sock", "localhost:1"}) {
    auto const parsed = parse_endpoint(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(to_string(*parsed), text);
  }
  for (std::string_view const text : {"", "8000", "host", "host:", "host:65536", "host:-1", "::1:80", "[::1]",
                                      "[x]:80", "a/b:80", "unix:run", "unix:", "a@b:80", "h:8 0"}) {
    EXPECT_FALSE(parse_endpoint(text)) << text;
  }
}

TEST(config, files) {
  auto const folder = ::testing::TempDir();
  auto const secrets = folder + "config_test_secrets";
  auto const path = folder + "config_test.yml";
  std::ofstream(secrets) << "first secret of 16\n\nsecond secret of 16\n";
  std::ofstream(path) << "target: 127.0.0.1:8000\nsecret-file: " << secrets << '\n';
  auto const loaded = load_config_file(path, no_variables);
  ASSERT_TRUE(std::holds_alternative<proxy_config>(loaded));
  EXPECT_EQ(std::get<proxy_config>(loaded).secrets,
            (std::vector<std::string>{"first secret of 16", "second secret of 16"}));
  std::remove(path.c_str());
  std::remove(secrets.c_str());
  EXPECT_TRUE(std::holds_alternative<std::vector<config_error>>(load_config_file(path, no_variables)));
}

}  // namespace
}  // namespace litefs
