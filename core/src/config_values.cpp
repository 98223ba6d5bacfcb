#include "config_values.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>

#include "litefs/duration.hpp"
#include "litefs/hostname.hpp"

namespace litefs {
namespace {

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number value{};
  auto const [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

struct size_unit {
  std::string_view name;
  unsigned shift;
};
constexpr std::array<size_unit, 4> size_units{{{"GiB", 30}, {"MiB", 20}, {"KiB", 10}, {"", 0}}};

std::optional<std::uint64_t> parse_size(std::string_view text) {
  auto const end = std::min(text.find_first_not_of("0123456789"), text.size());
  auto const number = parse_number<std::uint64_t>(text.substr(0, end));
  for (auto const& [name, shift] : size_units) {
    if (number && text.substr(end) == name && *number <= ~0ULL >> shift) return *number << shift;
  }
  return std::nullopt;
}

std::string format_size(std::uint64_t bytes) {
  for (auto const& [name, shift] : size_units) {
    if (bytes != 0 && bytes % (1ULL << shift) == 0) return std::to_string(bytes >> shift) + std::string(name);
  }
  return "0";
}

struct named_signal {
  std::string_view name;
  int number;
};
constexpr std::array<named_signal, 7> signals{{{"TERM", SIGTERM},
                                               {"INT", SIGINT},
                                               {"QUIT", SIGQUIT},
                                               {"HUP", SIGHUP},
                                               {"USR1", SIGUSR1},
                                               {"USR2", SIGUSR2},
                                               {"KILL", SIGKILL}}};

std::optional<int> parse_signal(std::string_view text) {
  if (text.starts_with("SIG")) text.remove_prefix(3);
  auto const found = std::ranges::find(signals, text, &named_signal::name);
  return found == signals.end() ? std::nullopt : std::optional(found->number);
}

bool valid_network(std::string const& text) {
  auto const slash = text.find('/');
  auto const host = text.substr(0, slash);
  std::array<unsigned char, 16> bytes{};
  int bits = 0;
  if (::inet_pton(AF_INET, host.c_str(), bytes.data()) == 1) bits = 32;
  if (::inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1) bits = 128;
  if (bits == 0 || slash == std::string::npos) return bits != 0;
  auto const prefix = parse_number<unsigned>(std::string_view(text).substr(slash + 1));
  return prefix && *prefix <= static_cast<unsigned>(bits);
}

bool valid_host(std::string const& host) {
  std::array<unsigned char, 16> bytes{};
  return host.empty() || valid_hostname(host) || ::inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

}  // namespace

std::optional<endpoint> parse_endpoint(std::string_view text) {
  endpoint e;
  if (text.starts_with("unix:")) {
    e.unix_path = text.substr(5);
    constexpr std::size_t path_max = 107;  // of sockaddr_un
    if (!e.unix_path.starts_with('/') || e.unix_path.size() > path_max) return std::nullopt;
    return e;
  }
  auto const colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  auto const port = parse_number<std::uint16_t>(text.substr(colon + 1));
  auto host = text.substr(0, colon);
  bool const bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  e.host = host;
  if (!port || !valid_host(e.host) || bracketed != (host.find(':') != std::string_view::npos))
    return std::nullopt;
  e.port = *port;
  return e;
}

std::string to_string(endpoint const& e) {
  if (!e.unix_path.empty()) return "unix:" + e.unix_path;
  bool const bracketed = e.host.find(':') != std::string::npos;
  return (bracketed ? '[' + e.host + ']' : e.host) + ':' + std::to_string(e.port);
}

namespace configuration {

namespace {

std::optional<endpoint> parse_url(std::string_view text, std::string_view scheme,
                                  std::string_view default_port) {
  if (!text.starts_with(scheme)) return std::nullopt;
  text.remove_prefix(scheme.size());
  if (text.ends_with('/')) text.remove_suffix(1);
  bool const has_port = text.rfind(':') != std::string_view::npos && !text.ends_with(']');
  auto e = parse_endpoint(has_port ? std::string(text) : std::string(text).append(default_port));
  if (!e || e->host.empty() || e->port == 0) return std::nullopt;
  return e;
}

}  // namespace

std::optional<endpoint> parse_http_url(std::string_view text) { return parse_url(text, "http://", ":80"); }

std::optional<endpoint> parse_peer_url(std::string_view text) {
  auto e = parse_url(text, "https://", ":443");
  if (!e) return parse_http_url(text);
  e->tls = true;
  return e;
}

scalar<std::string> any_text(std::string example) {
  return {"a text", std::move(example), [](std::string const& t) { return std::optional(t); },
          [](std::string const& t) { return t; }};
}

scalar<std::string> choice(std::vector<std::string> values) {
  std::string all;
  for (auto const& v : values) all += (all.empty() ? "" : ", ") + v;
  auto const example = values.front();
  return {"one of " + all, example,
          [values](std::string const& t) {
            return std::ranges::find(values, t) == values.end() ? std::nullopt : std::optional(t);
          },
          [](std::string const& t) { return t; }};
}

scalar<bool> flag(std::string when_true, std::string when_false) {
  return {when_true + " or " + when_false, when_true,
          [=](std::string const& t) {
            if (t == when_true || t == "true") return std::optional(true);
            if (t == when_false || t == "false") return std::optional(false);
            return std::optional<bool>();
          },
          [=](bool value) { return value ? when_true : when_false; }};
}

scalar<milliseconds> duration(milliseconds least) {
  auto const from = least == milliseconds(0) ? std::string() : " from " + format_duration(least);
  return {"a duration of whole milliseconds" + from, "10s or 250ms",
          [least](std::string const& t) {
            auto const d = parse_duration(t);
            if (!d || *d < least || *d % milliseconds(1) != std::chrono::nanoseconds(0))
              return std::optional<milliseconds>();
            return std::optional(std::chrono::duration_cast<milliseconds>(*d));
          },
          [](milliseconds value) { return format_duration(value); }};
}

scalar<std::size_t> count(std::size_t least) {
  return {"a number from " + std::to_string(least), std::to_string(std::max<std::size_t>(least, 100)),
          [least](std::string const& t) {
            auto const n = parse_number<std::size_t>(t);
            return n && *n >= least ? n : std::nullopt;
          },
          [](std::size_t value) { return std::to_string(value); }};
}

scalar<std::uint64_t> size() {
  return {"a size", "32KiB, 1GiB or a number of bytes", parse_size, format_size};
}

scalar<endpoint> address(std::string example) {
  return {"an address", std::move(example), parse_endpoint,
          [](endpoint const& e) { return e == endpoint{} ? std::string() : to_string(e); }};
}

scalar<endpoint> http_url() {
  return {"a URL of the form http://host:port", "http://127.0.0.1:20202", parse_http_url,
          [](endpoint const& e) { return e == endpoint{} ? std::string() : "http://" + to_string(e); }};
}

scalar<endpoint> http_or_https_url() {
  return {"a URL of the form http://host:port or https://host:port", "http://127.0.0.1:8500", parse_peer_url,
          [](endpoint const& e) {
            if (e == endpoint{}) return std::string();
            return (e.tls ? "https://" : "http://") + to_string(e);
          }};
}

scalar<path_pattern> pattern() {
  return {"a path rule (it starts with '/' or '*')", "/static/*",
          [](std::string const& t) {
            return t.starts_with('/') || t.starts_with('*') ? std::optional(path_pattern(t)) : std::nullopt;
          },
          [](path_pattern const& p) { return p.text(); }};
}

scalar<std::string> network() {
  return {"an address or a network", "10.0.0.0/8",
          [](std::string const& t) { return valid_network(t) ? std::optional(t) : std::nullopt; },
          [](std::string const& t) { return t; }};
}

scalar<int> signal_name() {
  return {"one of TERM, INT, QUIT, HUP, USR1, USR2, KILL", "TERM", parse_signal, [](int number) {
            auto const found = std::ranges::find(signals, number, &named_signal::number);
            return found == signals.end() ? std::to_string(number) : std::string(found->name);
          }};
}

}  // namespace configuration
}  // namespace litefs
