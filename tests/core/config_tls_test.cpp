// TLS in the configuration, and which keys a running node can change.
#include <gtest/gtest.h>

#include <algorithm>

#include "litefs/config.hpp"

namespace litefs {
namespace {

std::optional<std::string> no_variables(std::string const&) { return std::nullopt; }

std::string errors_of(std::string const& yaml) {
  auto const loaded = load_config(yaml, "f.yml", no_variables);
  std::string all;
  if (auto const* errors = std::get_if<std::vector<config_error>>(&loaded))
    for (auto const& e : *errors) all += to_string(e) + '\n';
  return all;
}

proxy_config load(std::string const& yaml) {
  auto loaded = load_config(yaml, "f.yml", no_variables);
  EXPECT_EQ(errors_of(yaml), "");
  auto* const config = std::get_if<proxy_config>(&loaded);
  return config == nullptr ? proxy_config{} : std::move(*config);
}

std::string const plain = "target: 127.0.0.1:8000\n";
std::string const tls = plain + "tls: [{addr: \":8443\", cert: /c, key: /k}]\n";
std::string const cluster = plain +
                            "databases: [db]\nsecret: [\"0123456789abcdef\"]\n"
                            "litefs: {url: \"http://127.0.0.1:20202\", mount: /m, hostname: n0}\n";

TEST(config_tls, addresses_beside_or_instead_of_plain_ones) {
  auto const alone = load(tls);
  EXPECT_TRUE(alone.addr.empty());
  ASSERT_EQ(all_addresses(alone).size(), 1U);
  EXPECT_TRUE(all_addresses(alone).front().tls);
  auto const both = load(tls + "addr: \":8081\"\n");
  ASSERT_EQ(all_addresses(both).size(), 2U);
  EXPECT_FALSE(all_addresses(both).front().tls);
  EXPECT_EQ(all_addresses(both).back().port, 8443);
  EXPECT_EQ(load(dump_config(both)).tls.front().cert, "/c");
}

TEST(config_tls, peers) {
  EXPECT_FALSE(peers_use_tls(load(cluster)));
  auto const config =
      load(cluster + "primary-url: \"https://{hostname}\"\npeer-tls: {ca: /ca, cert: /c, key: /k}\n");
  EXPECT_TRUE(peers_use_tls(config));
  EXPECT_TRUE(config.peer_tls.verify);
  EXPECT_TRUE(peers_use_tls(load(cluster + "primary-url: {n0: \"http://a:1\", n1: \"https://b:2\"}\n")));
}

struct row {
  std::string yaml;
  std::string expected;
};

TEST(config_tls, errors) {
  for (auto const& [yaml, expected] :
       {row{plain + "tls: [{addr: \":8443\", key: /k}]\n", "tls[0].cert: is missing"},
        row{plain + "tls: [{addr: \":8443\", cert: /c}]\n", "tls[0].key: is missing"},
        row{plain + "tls: [{cert: /c, key: /k}]\n", "tls[0].addr: is missing"},
        row{plain + "tls: [{addr: \"unix:/s\", cert: /c, key: /k}]\n", "TLS is for TCP"},
        row{plain + "tls: {addr: \":8443\"}\n", "tls: must be a list of maps"},
        row{tls + "addr: \":8443\"\n", "tls[0].addr: is taken"},
        row{plain + "peer-tls: {ca: /ca}\n", "peer-tls: is given, but no primary-url is https"},
        row{cluster + "primary-url: \"https://{hostname}\"\npeer-tls: {cert: /c}\n",
            "needs cert and key together"},
        row{cluster + "primary-url: \"https://{hostname}/path\"\n", "is not of the form"},
        row{"target: [\"127.0.0.1:1\", \"127.0.0.1:1\"]\n", "names 127.0.0.1:1 twice"}}) {
    EXPECT_NE(errors_of(yaml).find(expected), std::string::npos) << yaml << errors_of(yaml);
  }
}

TEST(config_tls, what_a_running_node_can_change) {
  struct change {
    std::string before;
    std::string after;
    std::string key;
    bool possible;
  };
  for (auto const& c :
       {change{"read-wait: 1s\n", "read-wait: 2s\n", "read-wait", true},
        change{"", "limits: {connections: 5}\n", "limits.connections", true},
        change{"", "limits: {target-connections: 5}\n", "limits.target-connections", false},
        change{"", "timeouts: {header: 5s}\n", "timeouts.header", true},
        change{"", "cookie: {name: x}\n", "cookie.name", true}, change{"", "threads: 5\n", "threads", false},
        change{"", "trusted-proxies: 10.0.0.0/8\n", "trusted-proxies", true},
        change{"", "log: {format: json}\n", "log.format", false},
        change{"", "log: {level: debug}\n", "log.level", true},
        change{"secret: [0123456789abcdef]\n", "secret: [0123456789abcdeg]\n", "secret", false},
        change{"exec: [{name: a, cmd: [b], env: {A: x}}]\n", "exec: [{name: a, cmd: [b], env: {A: y}}]\n",
               "exec.env", false},
        change{"tls: [{addr: \":1\", cert: /a, key: /k}]\n", "tls: [{addr: \":1\", cert: /b, key: /k}]\n",
               "tls[0].cert", true},
        change{"tls: [{addr: \":1\", cert: /a, key: /k}]\n", "tls: [{addr: \":2\", cert: /a, key: /k}]\n",
               "tls[0].addr", false}}) {
    auto const changed = changed_keys(load(plain + c.before), load(plain + c.after));
    EXPECT_EQ(changed, (std::vector<std::string>{c.key})) << c.after;
    EXPECT_EQ(reloadable(c.key), c.possible) << c.key;
    EXPECT_TRUE(changed_keys(load(plain + c.after), load(plain + c.after)).empty());
  }
  auto const more = changed_keys(load(plain), load(tls));
  EXPECT_TRUE(std::ranges::any_of(more, [](auto const& key) { return !reloadable(key); }))
      << "a listener more";
}

}  // namespace
}  // namespace litefs
