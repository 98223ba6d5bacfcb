// What TLS connections have in common: our certificate and key, and whom we believe.
//
// TLS 1.2 and newer, ciphers with forward secrecy, no renegotiation, ALPN http/1.1 alone. Made from files;
// what cannot be used is a tls_problem that names the file and the fix. An expired certificate is used, with
// a warning in the log: to refuse it would turn a late renewal into an outage. A context never changes, so
// one may be shared by all threads, and a connection keeps the one that it began with.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <variant>

#include "litefs/config.hpp"

namespace litefs::proxy {

using tls_context = std::shared_ptr<SSL_CTX>;

struct tls_problem {
  std::string key;  // below tls[n] or peer-tls: "cert"
  std::string message;
  std::string fix;
};

[[nodiscard]] std::variant<tls_context, tls_problem> server_context(tls_listener const& options);
[[nodiscard]] std::variant<tls_context, tls_problem> peer_context(peer_tls const& options);

// The file of the system's certificate authorities: $SSL_CERT_FILE, else where distributions keep it, since
// an OpenSSL that was linked statically looks where its builder's machine had it. "" if there is none.
[[nodiscard]] std::string system_ca_file();

}  // namespace litefs::proxy
