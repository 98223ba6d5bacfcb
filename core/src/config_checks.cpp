// What one key alone cannot tell: missing keys, impossible combinations, values that follow from others.
#include <algorithm>
#include <array>
#include <set>

#include "config_reader.hpp"
#include "config_values.hpp"
#include "head_rules.hpp"
#include "litefs/hostname.hpp"
#include "litefs/node_page.hpp"

namespace litefs::configuration {
namespace {

constexpr std::size_t secret_min = 16;
constexpr std::string_view hostname_place = "{hostname}";

bool contains(std::vector<endpoint> const& all, endpoint const& e) {
  return std::ranges::find(all, e) != all.end();
}

void check_addresses(reader& in, proxy_config& c) {
  if (c.addr.empty() && c.tls.empty()) c.addr.push_back({"", 8081, ""});
  if (c.admin_addr && (contains(c.addr, *c.admin_addr) || contains(c.targets, *c.admin_addr)))
    in.fail("admin-addr", "is the addr or the target too", "give it a port of its own, such as 20203");
  if (!in.seen("target"))
    return in.fail("target", "is missing", "write target: 127.0.0.1:8000, the address of the app server");
  if (c.targets.size() > targets_max)
    in.fail("target", "has more than 16 entries", "name at most 16 targets");
  for (std::size_t i = 0; i < c.targets.size(); ++i) {
    auto const& target = c.targets[i];
    bool const dialable = !target.unix_path.empty() || (!target.host.empty() && target.port != 0);
    if (!dialable)
      in.fail("target", "names no host and port to connect to", "write for example 127.0.0.1:8000");
    if (contains(c.addr, target))
      in.fail("target", "is our own addr", "let the app server listen on another port");
    if (std::find(c.targets.begin(), c.targets.begin() + static_cast<std::ptrdiff_t>(i), target) !=
        c.targets.begin() + static_cast<std::ptrdiff_t>(i))
      in.fail("target", "names " + to_string(target) + " twice", "name each target once");
  }
}

void check_databases(reader& in, proxy_config const& c) {
  constexpr std::array<std::string_view, 5> reserved{"-journal", "-wal", "-shm", "-pos", "-lock"};
  if (c.litefs && c.databases.empty()) in.fail("databases", "is missing", "write databases: [db.sqlite3]");
  if (c.databases.size() > max_demands)
    in.fail("databases", "has more than 8 entries", "name at most 8 databases");
  for (auto const& name : c.databases) {
    bool const ends_reserved =
        std::ranges::any_of(reserved, [&](auto suffix) { return name.ends_with(suffix); });
    if (name.empty() || name.starts_with('.') || name.find_first_of("/,") != std::string::npos ||
        ends_reserved) {
      in.fail("databases", "'" + name + "' is no name of a database on the mount",
              "write the file's name without a folder");
    }
  }
}

void check_secrets(reader& in, proxy_config const& c) {
  if (in.seen("secret") && in.seen("secret-file"))
    in.fail("secret-file", "is given beside secret", "keep one of them");
  auto const* const key = in.seen("secret-file") ? "secret-file" : "secret";
  if (std::ranges::any_of(c.secrets, [](auto const& s) { return s.size() < secret_min; })) {
    in.fail(key, "is shorter than 16 bytes", "generate one, for example with: openssl rand -hex 32");
  }
  if (c.litefs && c.secrets.empty()) {
    in.fail(key,
            in.seen(key) ? "has no usable secret" : "is missing: nodes of a cluster must know each other",
            "write the same secret on every node, for example secret: [\"${LITEFS_SECRET}\"]");
  }
}

void check_litefs(reader& in, proxy_config& c) {
  if (!c.litefs) return;
  if (!in.seen("litefs.url")) in.fail("litefs.url", "is missing", "write url: http://127.0.0.1:20202");
  if (!c.litefs->mount.starts_with('/'))
    in.fail("litefs.mount", "must be an absolute path", "write for example mount: /litefs");
  if (!valid_hostname(c.litefs->hostname)) {
    in.fail("litefs.hostname", "must be the node's lease.hostname (letters, digits, '-', '.', '_')",
            "write for example hostname: n0");
  }
  if (c.litefs->consul && (!in.seen("litefs.consul.url") || c.litefs->consul->key.empty())) {
    in.fail("litefs.consul", "needs url and key",
            "write consul: {url: http://127.0.0.1:8500, key: litefs/mysite}, as in litefs.yml");
  }
  if (!c.litefs->join_cmd.empty() && (c.litefs->cmd.empty() || c.litefs->memory.empty())) {
    in.fail("litefs.join-cmd", "needs cmd and memory",
            "write memory: /var/lib/litefs/node.json, beside LiteFS's data");
  }
  if (c.node_page.empty()) c.node_page = default_page_path(c.litefs->mount);
}

void check_primary_url(reader& in, proxy_config const& c) {
  auto const fix = "write for example http://{hostname}:8081";
  for (auto const& [hostname, url] : c.primary_urls) {
    auto const key = join_key("primary-url", hostname);
    if (!valid_hostname(hostname)) in.fail(key, "is no hostname", "use the lease.hostname of a node");
    if (!parse_peer_url(url))
      in.fail(key, "'" + url + "' is not of the form http://host:port or https://host:port",
              "write for example http://10.0.0.2:8081");
  }
  if (!c.primary_urls.empty()) return;
  if (c.primary_url_template.find(hostname_place) == std::string::npos) {
    in.fail("primary-url", "has no {hostname}, so every peer would be the same", fix);
  } else if (!parse_peer_url(*peer_url(c, "n0"))) {
    in.fail("primary-url",
            "'" + c.primary_url_template +
                "' is not of the form http://{hostname}:port or https://{hostname}:port",
            fix);
  }
}

void check_transport(reader& in, proxy_config const& c) {
  if (!c.fly_replay) return;
  if (!c.litefs)
    in.fail("transport", "fly-replay needs a cluster, and there is no litefs", "write transport: direct");
  if (c.trusted_proxies.empty()) {
    in.fail("transport", "fly-replay needs trusted-proxies, or anybody could pretend to be Fly's proxy",
            "write trusted-proxies: [172.16.0.0/12], where Fly's proxy connects from");
  }
}

void check_cookie(reader& in, proxy_config const& c) {
  if (!head_rules::is_token(c.cookie.name))
    in.fail("cookie.name", "is no cookie name", "write for example litefs-position");
  auto domain = std::string_view(c.cookie.domain);
  if (domain.starts_with('.')) domain.remove_prefix(1);
  if (!domain.empty() && !valid_hostname(domain))
    in.fail("cookie.domain", "is no domain", "write for example example.com");
}

void check_exec(reader& in, proxy_config const& c) {
  std::set<std::string> names;
  for (std::size_t i = 0; i < c.exec.size(); ++i) {
    auto const& process = c.exec[i];
    auto const key = "exec[" + std::to_string(i) + ']';
    if (process.name.empty()) in.fail(key + ".name", "is missing", "write name: app");
    if (!in.seen(key + ".cmd")) in.fail(key + ".cmd", "is missing", "write cmd: [gunicorn, mysite.wsgi]");
    if (!names.insert(process.name).second)
      in.fail(key + ".name", "'" + process.name + "' is taken", "use another name");
  }
}

void check_rest(reader& in, proxy_config const& c) {
  if (c.primary_redirect_timeout > c.timeouts.response) {
    auto const* const key =
        in.seen("primary-redirect-timeout") ? "primary-redirect-timeout" : "timeouts.response";
    in.fail(key, "lets a peer hold a write for longer than timeouts.response waits for its answer",
            "keep primary-redirect-timeout at or below timeouts.response");
  }
  if (c.ack_timeout > c.handoff_drain && in.seen("ack-timeout"))
    in.fail("ack-timeout", "is above handoff-drain, and a handoff waits for the writes that wait",
            "keep ack-timeout at or below handoff-drain");
  if (!c.ready_path.empty() && !c.ready_path.starts_with('/'))
    in.fail("ready.path", "must start with '/'", "write for example /");
  if (c.limits.header_bytes < 1024)
    in.fail("limits.header-bytes", "is below 1KiB", "write for example 32KiB");
}

}  // namespace

void complete(reader& in, proxy_config& config) {
  check_addresses(in, config);
  check_tls(in, config);
  check_databases(in, config);
  check_litefs(in, config);
  check_secrets(in, config);
  check_primary_url(in, config);
  check_transport(in, config);
  check_cookie(in, config);
  check_exec(in, config);
  check_rest(in, config);
}

}  // namespace litefs::configuration
