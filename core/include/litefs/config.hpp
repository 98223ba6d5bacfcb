// The configuration of litefs-proxy: one YAML document, strictly read.
//
// load_config() expands `${NAME}` inside values from the given environment (never in keys, never structure),
// rejects unknown keys, wrong types and impossible combinations, and says file, line, column, key and fix.
// Immutable after loading, thread-safe. Durations as in duration.hpp, sizes as "32KiB", "1GiB" or a plain
// number of bytes.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "litefs/cookie.hpp"
#include "litefs/path_pattern.hpp"

namespace litefs {

using milliseconds = std::chrono::milliseconds;

// "127.0.0.1:8000", ":8081" (all interfaces), "[::1]:80", "unix:/run/app.sock".
struct endpoint {
  std::string host;  // "" = all interfaces
  std::uint16_t port = 0;
  std::string unix_path;
  bool tls = false;  // spoken there; set by the key that the address stands under, or by https://
  bool operator==(endpoint const&) const = default;
};
[[nodiscard]] std::optional<endpoint> parse_endpoint(std::string_view text);
[[nodiscard]] std::string to_string(endpoint const& e);

inline constexpr std::size_t targets_max = 16;

struct limits {
  std::size_t header_bytes = 32 * 1024;
  std::size_t headers = 100;
  std::uint64_t body = 1ULL << 30;  // 0: no limit
  std::size_t connections = 10'000;
  std::size_t target_connections = 64;  // to each target
  std::size_t target_queue = 1024;      // requests waiting for one of them
  std::size_t held = 1000;
  std::size_t held_body = 64 * 1024;
  std::size_t waiting = 10'000;
};

struct timeouts {
  milliseconds header{10'000};
  milliseconds body_idle{30'000};
  milliseconds connect{2'000};
  milliseconds primary_connect{500};
  milliseconds response{60'000};  // to the first byte of the response
  milliseconds idle{60'000};
  milliseconds target_idle{1'000};
  milliseconds target_queue{30'000};
};

// Where LiteFS keeps its lease (`lease.consul` of litefs.yml), so that a dead LiteFS's lease can be given
// back.
struct consul_lease {
  endpoint api;  // of `url: http://host:port` or https
  std::string key;
  std::string token;  // empty: $CONSUL_HTTP_TOKEN, if that is set
  milliseconds ttl{10'000};
};

struct litefs_options {
  endpoint api;  // of `url: http://host:port`
  std::string mount;
  std::string hostname;
  std::vector<std::string> cmd;       // supervised; empty: somebody else runs LiteFS
  std::vector<std::string> join_cmd;  // the same as no candidate; empty: this node never chooses
  std::string memory;                 // file for what the node remembers of the cluster; empty: none
  bool bootstrap = false;             // no cluster exists under this lease: nothing to wait for
  milliseconds cold_start_wait{30'000};
  bool allow_behind = false;  // start-behind: allow
  milliseconds start_timeout{60'000};
  std::optional<consul_lease> consul;
};

enum class run_on : std::uint8_t { all, primary, replica };

struct process_options {
  std::string name;
  std::vector<std::string> cmd;
  std::map<std::string, std::string> env;
  std::string cwd;
  bool each_start = false;  // runs to completion before the app; non-zero = the node stops
  litefs::run_on run_on = litefs::run_on::all;
  std::string user;  // that it runs as; empty: ours
  bool restart = true;
  int stop_signal = 15;
  milliseconds stop_timeout{10'000};
  milliseconds start_timeout{600'000};  // of an each-start step
};

// One address where clients are served over TLS.
struct tls_listener {
  endpoint addr;
  std::string cert;  // a PEM file: ours, then the chain
  std::string key;   // a PEM file
  std::string
      client_ca;  // a PEM file; clients must show a certificate that it signed. Empty: nobody is asked
};

// How peers are reached whose primary-url is https.
struct peer_tls {
  std::string ca;    // a PEM file; empty: the system's
  std::string cert;  // what we show to them; empty: nothing
  std::string key;
  bool verify = true;
};

struct log_options {
  std::string level = "info";
  bool json = false;
  bool access = true;
  std::string access_file;  // empty: standard output
};

struct proxy_config {
  std::string file;  // that it was read from; empty: none
  std::vector<endpoint> addr;
  std::vector<tls_listener> tls;
  std::optional<endpoint> admin_addr;  // metrics and status
  std::vector<endpoint> targets;       // of `target`; at most targets_max
  std::vector<std::string> databases;
  std::optional<litefs_options> litefs;  // absent: role single
  // How a peer is reached: a template with {hostname}, or a map (which is then an allow-list).
  std::string primary_url_template = "http://{hostname}:8081";
  std::map<std::string, std::string> primary_urls;
  litefs::peer_tls peer_tls;
  bool fly_replay = false;        // transport: fly-replay, or auto on Fly; else direct
  bool allow_app_replay = false;  // let the app's own fly-* response headers through
  std::vector<std::string> secrets;
  std::vector<std::string> trusted_proxies;  // addresses or CIDR prefixes, validated
  std::size_t threads = 0;
  std::vector<path_pattern> passthrough;
  std::vector<path_pattern> always_forward;
  milliseconds read_wait{1'000};
  milliseconds primary_redirect_timeout{25'000};
  milliseconds max_lag{10'000};
  milliseconds stale_max{600'000};
  milliseconds handoff_drain{2'000};
  milliseconds stop_timeout{25'000};
  milliseconds drain_delay{0};
  bool stale_reads = true;
  bool read_gate = true;
  bool replay_on_write = true;
  bool ack_replicated = false;          // ack: a write's answer waits for the candidates, unless the app says
  std::vector<path_pattern> ack_paths;  // whose writes wait for them anyway
  bool ack_any = false;                 // ack-quorum: one of them is enough; else all
  milliseconds ack_timeout{1'000};
  bool ack_fail = false;  // ack-on-timeout: 504 instead of an answer that says that they have not got it
  bool body_on_safe_methods = false;
  std::vector<std::string> extra_methods;
  cookie_attributes cookie;
  std::string node_page;   // default_page_path(mount)
  std::string socket;      // control socket, mode 0600; empty: none
  std::string ready_path;  // asked at the target; empty: "/"
  std::string ready_host;  // Host header of that request
  litefs::limits limits;
  litefs::timeouts timeouts;
  log_options log;
  std::vector<process_options> exec;
};

struct config_error {
  std::string file;
  int line = 0;  // 1-based, 0 if unknown
  int column = 0;
  std::string key;      // dotted: "litefs.mount"
  std::string message;  // what is wrong
  std::string fix;      // what to write instead
};
// "file:3:7: litefs.mount: … (fix: …)"
[[nodiscard]] std::string to_string(config_error const& e);

using environment = std::function<std::optional<std::string>(std::string const& name)>;
using config_result = std::variant<proxy_config, std::vector<config_error>>;

[[nodiscard]] config_result load_config(std::string_view yaml, std::string const& file,
                                        environment const& env);
[[nodiscard]] config_result load_config_file(std::string const& path, environment const& env);
// The effective configuration as YAML, secrets redacted; `check` prints it.
[[nodiscard]] std::string dump_config(proxy_config const& config);
// Every key that load_config accepts, dotted, with its default: for documentation tests.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> known_keys();
// The keys, dotted, whose values differ ("tls[0].cert"); secrets are compared, too.
[[nodiscard]] std::vector<std::string> changed_keys(proxy_config const& before, proxy_config const& after);
// Can a running node take a new value of that key?
[[nodiscard]] bool reloadable(std::string_view key);
// Where clients are served: `addr`, then the addresses of `tls` in their order.
[[nodiscard]] std::vector<endpoint> all_addresses(proxy_config const& config);
// Is any peer reached over TLS?
[[nodiscard]] bool peers_use_tls(proxy_config const& config);
// The base URL of a peer's proxy, or nullopt if the map does not name it.
[[nodiscard]] std::optional<std::string> peer_url(proxy_config const& config, std::string_view hostname);

}  // namespace litefs
