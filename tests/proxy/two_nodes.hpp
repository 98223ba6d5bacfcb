// A primary "n1" and a replica "n2" in one process, each with a scripted app; both know where the other
// listens.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "front_door.hpp"
#include "scripted_upstream.hpp"

namespace litefs::proxy::test {

inline constexpr std::string_view ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
inline constexpr std::string_view post = "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello";
inline constexpr std::string_view get = "GET /g HTTP/1.1\r\nHost: h\r\n\r\n";

inline constexpr char const* database = "db";

inline std::string local_url(std::uint16_t port) { return "http://127.0.0.1:" + std::to_string(port); }

inline proxy_config node_config(std::string const& name, std::uint16_t target) {
  auto c = single_config(target);
  litefs_options lite;
  lite.hostname = name;
  c.litefs = lite;
  c.secrets = {"0123456789abcdef"};
  c.primary_redirect_timeout = milliseconds(2000);
  return c;
}

// The position of one history at a TXID.
inline position at(std::uint64_t txid) { return {{txid}, txid * 7}; }

inline node_state state_at(std::uint64_t txid, role r, std::string primary = {}) {
  auto s = state_of(r, std::move(primary));
  s.positions = {{database, at(txid)}};
  return s;
}

inline std::string cookie_of(position const& p) { return format_demands({{database_id(database), p}}); }

// A safe request of a client that has seen `p`.
inline std::string get_with_cookie(position const& p, std::string_view method = "GET",
                                   std::string_view path = "/g") {
  return std::string(method).append(" ").append(path) +
         " HTTP/1.1\r\nHost: h\r\nCookie: a=b; litefs-position=" + cookie_of(p) + "\r\n\r\n";
}

// The value of the first header field of that name, "" if there is none.
inline std::string line_of(std::string_view message, std::string_view name) {
  auto const at = message.find("\r\n" + std::string(name) + ": ");
  if (at == std::string_view::npos) return {};
  auto const from = at + 4 + name.size();
  return std::string(message.substr(from, message.find("\r\n", from) - from));
}

inline std::size_t count(std::string_view text, std::string_view what) {
  std::size_t n = 0;
  for (auto at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

inline std::string answer_of(raw_socket& client) {
  return client.receive_until([](std::string_view b) { return message_size(b) > 0; });
}

struct two_nodes {
  // `adjust` sees both configurations, `prepare` both nodes, before they start.
  explicit two_nodes(std::string const& primary_answer = std::string(ok),
                     std::function<void(proxy_config&)> const& adjust = {},
                     std::function<void(node&)> const& prepare = {})
      : app1(primary_answer), app2(std::string(ok)) {
    auto const port2 = reserved.port();
    auto c1 = node_config("n1", app1.port());
    c1.primary_urls = {{"n2", local_url(port2)}};
    if (adjust) adjust(c1);
    primary = std::make_unique<front_door>(std::move(c1), state_at(9, role::primary), prepare);
    auto c2 = node_config("n2", app2.port());
    c2.addr.front().port = port2;
    c2.primary_urls = {{"n1", local_url(primary->port())}};
    if (adjust) adjust(c2);
    replica = std::make_unique<front_door>(std::move(c2), state_at(9, role::replica, "n1"), prepare);
  }

  reserved_port reserved;
  scripted_upstream app1;
  scripted_upstream app2;
  std::unique_ptr<front_door> primary;
  std::unique_ptr<front_door> replica;
};

}  // namespace litefs::proxy::test
