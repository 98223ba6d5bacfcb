// The table of all configuration keys.
#include <fstream>

#include "config_reader.hpp"
#include "config_values.hpp"

namespace litefs::configuration {
namespace {

using strings = std::vector<std::string>;

constexpr auto redaction = "<redacted>";

// A command: always a list, since a single text would need a shell's rules for words.
struct command {
  void read(reader& in, YAML::Node const& node, std::string const& key, strings& out) const {
    if (!node.IsSequence() || node.size() == 0) {
      in.fail(node.Mark(), key, "must be a list of words", "write for example [gunicorn, mysite.wsgi]");
      return;
    }
    words.read(in, node, key, out);
  }
  [[nodiscard]] YAML::Node write(strings const& value) const { return words.write(value); }
  list_of<std::string> words{any_text("word")};
};

scalar<std::string> hidden_text() {
  auto kind = any_text("secret");
  kind.format = [](std::string const& t) { return std::string(t.empty() ? "" : redaction); };
  return kind;
}

struct text_map {
  bool redacted = false;  // values are not shown

  void read(reader& in, YAML::Node const& node, std::string const& key,
            std::map<std::string, std::string>& out) const {
    for (auto const& [name, value] : in.entries(node, key, {})) {
      if (auto const text = in.text(value, join_key(key, name))) out[name] = *text;
    }
  }
  [[nodiscard]] YAML::Node write(std::map<std::string, std::string> const& values) const {
    YAML::Node node(YAML::NodeType::Map);
    for (auto const& [name, value] : values) node[name] = redacted ? redaction : value.c_str();
    return node;
  }
};

scalar<std::string> method() {
  auto kind = any_text("PROPFIND");
  kind.expected = "a method in capitals (CONNECT and TRACE are never allowed)";
  kind.parse = [](std::string const& t) {
    bool const capitals =
        !t.empty() && t.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ-") == std::string::npos;
    return capitals && t != "CONNECT" && t != "TRACE" ? std::optional(t) : std::nullopt;
  };
  return kind;
}

struct role_choice {
  void read(reader& in, YAML::Node const& node, std::string const& key, run_on& out) const {
    std::string word;
    words.read(in, node, key, word);
    out = word == "primary" ? run_on::primary : word == "replica" ? run_on::replica : run_on::all;
  }
  [[nodiscard]] YAML::Node write(run_on value) const {
    return YAML::Node(value == run_on::primary ? "primary" : value == run_on::replica ? "replica" : "all");
  }
  scalar<std::string> words = choice({"all", "primary", "replica"});
};

field<proxy_config> primary_url() {
  return {"primary-url",
          [](reader& in, YAML::Node const& node, std::string const& key, proxy_config& out) {
            if (node.IsMap()) return text_map().read(in, node, key, out.primary_urls);
            if (auto const text = in.text(node, key)) out.primary_url_template = *text;
          },
          [](proxy_config const& c) {
            return c.primary_urls.empty() ? YAML::Node(c.primary_url_template)
                                          : text_map().write(c.primary_urls);
          }};
}

// `auto` is settled here: fly-replay on a Fly machine, direct elsewhere.
field<proxy_config> transport() {
  auto const words = choice({"direct", "auto", "fly-replay"});
  return {"transport",
          [words](reader& in, YAML::Node const& node, std::string const& key, proxy_config& out) {
            std::string word;
            words.read(in, node, key, word);
            bool const on_fly = in.variable("FLY_MACHINE_ID").has_value();
            out.fly_replay = word == "fly-replay" || (word == "auto" && on_fly);
          },
          [](proxy_config const& c) { return YAML::Node(c.fly_replay ? "fly-replay" : "direct"); }};
}

field<proxy_config> admin_addr() {
  return {"admin-addr",
          [](reader& in, YAML::Node const& node, std::string const& key, proxy_config& out) {
            address("127.0.0.1:20203").read(in, node, key, out.admin_addr.emplace());
          },
          [](proxy_config const& c) {
            return c.admin_addr ? YAML::Node(to_string(*c.admin_addr)) : YAML::Node(YAML::NodeType::Null);
          }};
}

field<proxy_config> secret() {
  return {"secret",
          [](reader& in, YAML::Node const& node, std::string const& key, proxy_config& out) {
            list_of<std::string>{any_text("secret")}.read(in, node, key, out.secrets);
          },
          [](proxy_config const& c) {
            return list_of<std::string>{any_text("")}.write(strings(c.secrets.size(), redaction));
          }};
}

field<proxy_config> secret_file() {
  return {"secret-file",
          [](reader& in, YAML::Node const& node, std::string const& key, proxy_config& out) {
            auto const path = in.text(node, key);
            if (!path) return;
            std::ifstream file(*path);
            if (!file) {
              in.fail(node.Mark(), key, "cannot read " + *path, "name a file with one secret per line");
              return;
            }
            for (std::string line; std::getline(file, line);) {
              if (line.ends_with('\r')) line.pop_back();
              if (!line.empty()) out.secrets.push_back(line);
            }
          },
          [](proxy_config const&) { return YAML::Node(YAML::NodeType::Null); }};
}

std::vector<field<consul_lease>> consul_fields() {
  using c = consul_lease;
  return {make_field("url", &c::api, http_or_https_url()),
          make_field("key", &c::key, any_text("litefs/mysite")),
          make_field("token", &c::token, hidden_text()),
          make_field("ttl", &c::ttl, duration(milliseconds(1'000)))};
}

std::vector<field<litefs_options>> litefs_fields() {
  using o = litefs_options;
  return {make_field("url", &o::api, http_url()),
          make_field("mount", &o::mount, any_text("/litefs")),
          make_field("hostname", &o::hostname, any_text("n0")),
          make_field("cmd", &o::cmd, command()),
          make_field("join-cmd", &o::join_cmd, command()),
          make_field("memory", &o::memory, any_text("/var/lib/litefs/node.json")),
          make_field("bootstrap", &o::bootstrap, flag()),
          make_field("cold-start-wait", &o::cold_start_wait, duration()),
          make_field("start-behind", &o::allow_behind, flag("allow", "refuse")),
          make_field("start-timeout", &o::start_timeout, duration()),
          make_field("consul", &o::consul, present<consul_lease>{{consul_fields()}})};
}

std::vector<field<limits>> limit_fields() {
  using l = limits;
  return {make_field("header-bytes", &l::header_bytes, size()),
          make_field("headers", &l::headers, count(1)),
          make_field("body", &l::body, size()),
          make_field("connections", &l::connections, count(1)),
          make_field("target-connections", &l::target_connections, count(1)),
          make_field("target-queue", &l::target_queue, count(0)),
          make_field("held", &l::held, count(0)),
          make_field("held-body", &l::held_body, size()),
          make_field("waiting", &l::waiting, count(0))};
}

std::vector<field<timeouts>> timeout_fields() {
  using t = timeouts;
  auto const least = duration(milliseconds(1));  // 0 would time out everything
  return {make_field("header", &t::header, least),
          make_field("body-idle", &t::body_idle, least),
          make_field("connect", &t::connect, least),
          make_field("primary-connect", &t::primary_connect, least),
          make_field("response", &t::response, least),
          make_field("idle", &t::idle, least),
          make_field("target-idle", &t::target_idle, least),
          make_field("target-queue", &t::target_queue, least)};
}

std::vector<field<log_options>> log_fields() {
  using l = log_options;
  auto const levels = choice({"info", "trace", "debug", "warn", "warning", "error", "critical", "off"});
  return {make_field("level", &l::level, levels), make_field("format", &l::json, flag("json", "text")),
          make_field("access", &l::access, flag()),
          make_field("access-file", &l::access_file, any_text("/var/log/litefs-proxy/access.log"))};
}

std::vector<field<process_options>> process_fields() {
  using p = process_options;
  return {make_field("name", &p::name, any_text("app")),
          make_field("cmd", &p::cmd, command()),
          make_field("env", &p::env, text_map{.redacted = true}),
          make_field("cwd", &p::cwd, any_text("/app")),
          make_field("each-start", &p::each_start, flag()),
          make_field("run-on", &p::run_on, role_choice()),
          make_field("user", &p::user, any_text("www-data")),
          make_field("restart", &p::restart, flag("always", "never")),
          make_field("stop-signal", &p::stop_signal, signal_name()),
          make_field("stop-timeout", &p::stop_timeout, duration()),
          make_field("start-timeout", &p::start_timeout, duration())};
}

std::vector<field<cookie_attributes>> cookie_fields() {
  using c = cookie_attributes;
  return {make_field("name", &c::name, any_text("litefs-position")),
          make_field("same-site", &c::same_site, choice({"Lax", "Strict", "None"})),
          make_field("domain", &c::domain, any_text("example.com"))};
}

// A group of keys whose values live in proxy_config itself.
field<proxy_config> ready() {
  nested<proxy_config> const group{{make_field("path", &proxy_config::ready_path, any_text("/")),
                                    make_field("host", &proxy_config::ready_host, any_text("example.com"))}};
  return {"ready",
          [group](reader& in, YAML::Node const& node, std::string const& key, proxy_config& out) {
            group.read(in, node, key, out);
          },
          [group](proxy_config const& c) { return group.write(c); }};
}

}  // namespace

std::vector<field<proxy_config>> top_fields() {
  using c = proxy_config;
  return {
      make_field("addr", &c::addr, list_of<endpoint>{address(":8081")}),
      make_field("tls", &c::tls, several<tls_listener>{{tls_fields()}}),
      admin_addr(),
      make_field("target", &c::targets, list_of<endpoint>{address("127.0.0.1:8000 or unix:/run/app.sock")}),
      make_field("databases", &c::databases, list_of<std::string>{any_text("db.sqlite3")}),
      make_field("litefs", &c::litefs, present<litefs_options>{{litefs_fields()}}),
      primary_url(),
      make_field("peer-tls", &c::peer_tls, nested<peer_tls>{peer_tls_fields()}),
      secret(),
      secret_file(),
      make_field("trusted-proxies", &c::trusted_proxies, list_of<std::string>{network()}),
      transport(),
      make_field("allow-app-replay", &c::allow_app_replay, flag()),
      make_field("threads", &c::threads, count(0)),
      make_field("passthrough", &c::passthrough, list_of<path_pattern>{pattern()}),
      make_field("always-forward", &c::always_forward, list_of<path_pattern>{pattern()}),
      make_field("read-wait", &c::read_wait, duration()),
      make_field("primary-redirect-timeout", &c::primary_redirect_timeout, duration()),
      make_field("max-lag", &c::max_lag, duration()),
      make_field("stale-reads", &c::stale_reads, flag()),
      make_field("read-gate", &c::read_gate, flag()),
      make_field("stale-max", &c::stale_max, duration()),
      make_field("replay-on-write", &c::replay_on_write, flag()),
      make_field("ack", &c::ack_replicated, flag("replicated", "local")),
      make_field("ack-paths", &c::ack_paths, list_of<path_pattern>{pattern()}),
      make_field("ack-quorum", &c::ack_any, flag("any", "all")),
      make_field("ack-timeout", &c::ack_timeout, duration(milliseconds(1))),
      make_field("ack-on-timeout", &c::ack_fail, flag("fail", "degrade")),
      make_field("handoff-drain", &c::handoff_drain, duration()),
      make_field("stop-timeout", &c::stop_timeout, duration()),
      make_field("drain-delay", &c::drain_delay, duration()),
      make_field("body-on-safe-methods", &c::body_on_safe_methods, flag()),
      make_field("extra-methods", &c::extra_methods, list_of<std::string>{method()}),
      make_field("cookie", &c::cookie, nested<cookie_attributes>{cookie_fields()}),
      make_field("node-page", &c::node_page, any_text("/dev/shm/litefs")),
      make_field("socket", &c::socket, any_text("/run/litefs-proxy.sock")),
      ready(),
      make_field("limits", &c::limits, nested<limits>{limit_fields()}),
      make_field("timeouts", &c::timeouts, nested<timeouts>{timeout_fields()}),
      make_field("log", &c::log, nested<log_options>{log_fields()}),
      make_field("exec", &c::exec, several<process_options>{{process_fields()}}),
  };
}

}  // namespace litefs::configuration
