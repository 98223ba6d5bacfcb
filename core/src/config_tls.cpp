// The keys `tls` and `peer-tls`. What is in the files is judged by who loads them.
#include <algorithm>

#include "config_reader.hpp"
#include "config_values.hpp"

namespace litefs::configuration {

std::vector<field<tls_listener>> tls_fields() {
  using l = tls_listener;
  return {make_field("addr", &l::addr, address(":8443")),
          make_field("cert", &l::cert, any_text("/etc/ssl/site.pem")),
          make_field("key", &l::key, any_text("/etc/ssl/site.key")),
          make_field("client-ca", &l::client_ca, any_text("/etc/ssl/peers.pem"))};
}

std::vector<field<peer_tls>> peer_tls_fields() {
  using p = peer_tls;
  return {make_field("ca", &p::ca, any_text("/etc/ssl/peers.pem")),
          make_field("cert", &p::cert, any_text("/etc/ssl/node.pem")),
          make_field("key", &p::key, any_text("/etc/ssl/node.key")),
          make_field("verify", &p::verify, flag())};
}

void check_tls(reader& in, proxy_config const& c) {
  std::vector<endpoint> taken = c.addr;
  for (std::size_t i = 0; i < c.tls.size(); ++i) {
    auto const& l = c.tls[i];
    auto const key = "tls[" + std::to_string(i) + ']';
    auto const missing = [&](std::string const& name, char const* example) {
      if (!in.seen(join_key(key, name)))
        in.fail(join_key(key, name), "is missing", std::string("write ") + example);
    };
    missing("addr", "addr: \":8443\"");
    missing("cert", "cert: /etc/ssl/site.pem, the certificate and its chain");
    missing("key", "key: /etc/ssl/site.key");
    if (!l.addr.unix_path.empty())
      in.fail(join_key(key, "addr"), "is a unix socket: TLS is for TCP", "write for example \":8443\"");
    if (l.addr != endpoint{} && std::ranges::find(taken, l.addr) != taken.end())
      in.fail(join_key(key, "addr"), "is taken", "give every addr a port of its own");
    taken.push_back(l.addr);
  }
  auto const& p = c.peer_tls;
  if (p.cert.empty() != p.key.empty())
    in.fail("peer-tls", "needs cert and key together", "write both, or none of them");
  bool const used = !p.ca.empty() || !p.cert.empty() || !p.verify;
  if (used && !peers_use_tls(c))
    in.fail("peer-tls", "is given, but no primary-url is https",
            "write primary-url: \"https://{hostname}:8443\"");
}

}  // namespace litefs::configuration
