#include "litefs/proxy/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <optional>

namespace litefs::proxy {

namespace {

using problem = std::optional<tls_problem>;

constexpr unsigned char alpn[] = "\x08http/1.1";
constexpr unsigned alpn_size = sizeof alpn - 1;
constexpr char const* ciphers_of_1_2 = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr unsigned char session_name[] = "litefs-proxy";
constexpr std::array<char const*, 5> ca_files{
    "/etc/ssl/certs/ca-certificates.crt",                 // Debian, Alpine, Arch
    "/etc/pki/tls/certs/ca-bundle.crt",                   // Fedora, RHEL
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // the same, newer
    "/etc/ssl/ca-bundle.pem",                             // SUSE
    "/etc/ssl/cert.pem",                                  // Alpine without the package
};

// The last thing that OpenSSL complained of.
std::string reason() {
  auto const* const text = ::ERR_reason_error_string(::ERR_peek_last_error());
  ::ERR_clear_error();
  return text == nullptr ? std::string("OpenSSL gives no reason") : std::string(text);
}

// One that is encrypted would be asked for on the terminal.
int no_password(char* /*to*/, int /*size*/, int /*writing*/, void* /*data*/) { return 0; }

// A client that offers other protocols alone is told so by an alert.
int choose_protocol(SSL* /*connection*/, unsigned char const** chosen, unsigned char* size,
                    unsigned char const* offered, unsigned offered_size, void* /*data*/) {
  unsigned char* found = nullptr;
  int const agreed = ::SSL_select_next_proto(&found, size, alpn, alpn_size, offered, offered_size);
  *chosen = found;
  return agreed == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

tls_context new_context(SSL_METHOD const* method) {
  tls_context context(::SSL_CTX_new(method), ::SSL_CTX_free);
  auto* const c = context.get();
  ::SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION);
  ::SSL_CTX_set_cipher_list(c, ciphers_of_1_2);
  ::SSL_CTX_set_options(c, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  ::SSL_CTX_set_mode(c, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                            SSL_MODE_RELEASE_BUFFERS);      // no buffers while a connection idles
  ::SSL_CTX_set_read_ahead(c, 1);                           // a record's head and body in one read
  ::SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);  // tickets need no memory
  ::SSL_CTX_set_default_passwd_cb(c, no_password);
  return context;
}

problem unreadable(std::string const& key, std::string const& path) {
  if (::access(path.c_str(), R_OK) == 0) return std::nullopt;
  return tls_problem{key, "cannot read " + path + ": " + std::strerror(errno),
                     "name a file that exists and is ours to read"};
}

void warn_of_dates(X509 const* certificate, std::string const& path) {
  if (::X509_cmp_current_time(::X509_get0_notAfter(certificate)) < 0)
    spdlog::warn("the certificate in {} has expired: clients refuse it", path);
  if (::X509_cmp_current_time(::X509_get0_notBefore(certificate)) > 0)
    spdlog::warn("the certificate in {} is not valid yet: clients refuse it", path);
}

problem use_certificate(SSL_CTX* c, std::string const& cert, std::string const& key) {
  if (auto p = unreadable("cert", cert)) return p;
  if (auto p = unreadable("key", key)) return p;
  if (::SSL_CTX_use_certificate_chain_file(c, cert.c_str()) != 1)
    return tls_problem{"cert", cert + " holds no certificate: " + reason(),
                       "give it in PEM form, ours first, then the chain"};
  if (::SSL_CTX_use_PrivateKey_file(c, key.c_str(), SSL_FILETYPE_PEM) != 1) {
    auto const why = reason();
    if (why == "key values mismatch")
      return tls_problem{"key", key + " does not match the certificate in " + cert,
                         "name the key that it was issued for"};
    return tls_problem{"key", key + " holds no usable key: " + why,
                       "give it in PEM form, without a password"};
  }
  warn_of_dates(::SSL_CTX_get0_certificate(c), cert);
  return std::nullopt;
}

problem believe(SSL_CTX* c, std::string const& key, std::string const& path) {
  if (auto p = unreadable(key, path)) return p;
  if (::SSL_CTX_load_verify_file(c, path.c_str()) == 1) return std::nullopt;
  return tls_problem{key, path + " holds no certificates: " + reason(),
                     "give the certificates of the authorities in PEM form"};
}

}  // namespace

std::string system_ca_file() {
  if (char const* const named = std::getenv("SSL_CERT_FILE"); named != nullptr && *named != '\0')
    return named;
  for (auto const* const path : ca_files)
    if (::access(path, R_OK) == 0) return path;
  return {};
}

std::variant<tls_context, tls_problem> server_context(tls_listener const& options) {
  auto context = new_context(::TLS_server_method());
  auto* const c = context.get();
  if (auto p = use_certificate(c, options.cert, options.key)) return std::move(*p);
  ::SSL_CTX_set_options(c, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  ::SSL_CTX_set_alpn_select_cb(c, choose_protocol, nullptr);
  ::SSL_CTX_set_session_id_context(c, session_name, sizeof session_name - 1);
  if (options.client_ca.empty()) return context;
  if (auto p = believe(c, "client-ca", options.client_ca)) return std::move(*p);
  ::SSL_CTX_set_client_CA_list(c, ::SSL_load_client_CA_file(options.client_ca.c_str()));  // owns it
  ::SSL_CTX_set_verify(c, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return context;
}

std::variant<tls_context, tls_problem> peer_context(peer_tls const& options) {
  auto context = new_context(::TLS_client_method());
  auto* const c = context.get();
  ::SSL_CTX_set_alpn_protos(c, alpn, alpn_size);
  if (!options.cert.empty()) {
    if (auto p = use_certificate(c, options.cert, options.key)) return std::move(*p);
  }
  if (!options.verify) {
    spdlog::warn(
        "peer-tls.verify is off: whoever stands between two nodes can read and change what they say");
    return context;
  }
  auto const ca = options.ca.empty() ? system_ca_file() : options.ca;
  if (ca.empty())
    return tls_problem{"ca", "is empty, and this system has no file of certificate authorities",
                       "install ca-certificates, or name the file that signed the peers' certificates"};
  if (auto p = believe(c, "ca", ca)) return std::move(*p);
  ::SSL_CTX_set_verify(c, SSL_VERIFY_PEER, nullptr);
  return context;
}

}  // namespace litefs::proxy
