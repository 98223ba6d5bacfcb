// Certificates made for one test, in a folder of their own; a blocking TLS client.
#pragma once

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "raw_socket.hpp"

namespace litefs::proxy::test {

// A key, and a certificate that says whose it is.
struct issued {
  std::shared_ptr<EVP_PKEY> key;
  std::shared_ptr<X509> certificate;
  std::string cert_file;
  std::string key_file;
};

class tls_files {
 public:
  tls_files() {
    std::signal(SIGPIPE, SIG_IGN);  // as run() does
    std::string name = (std::filesystem::temp_directory_path() / "litefs-tls-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no folder for certificates");
    folder_ = name;
    ca = issue("ca", nullptr, "", 3600);
    local = issue("local", &ca, "IP:127.0.0.1,DNS:localhost", 3600);
  }
  tls_files(tls_files const&) = delete;
  tls_files& operator=(tls_files const&) = delete;
  ~tls_files() { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string path(std::string_view name) const { return folder_ / name; }

  // Signed by `by`, or by itself; `seconds` until it ends.
  issued issue(std::string const& name, issued const* by, std::string const& names, long seconds) {
    issued made;
    made.key.reset(::EVP_EC_gen("P-256"), ::EVP_PKEY_free);
    made.certificate.reset(::X509_new(), ::X509_free);
    auto* const x = made.certificate.get();
    ::X509_set_version(x, X509_VERSION_3);
    ::ASN1_INTEGER_set(::X509_get_serialNumber(x), ++serial_);
    ::X509_gmtime_adj(::X509_getm_notBefore(x), -7200);
    ::X509_gmtime_adj(::X509_getm_notAfter(x), seconds);
    ::X509_set_pubkey(x, made.key.get());
    auto const* const text = reinterpret_cast<unsigned char const*>(name.c_str());
    ::X509_NAME_add_entry_by_txt(::X509_get_subject_name(x), "CN", MBSTRING_ASC, text, -1, -1, 0);
    ::X509_set_issuer_name(x, ::X509_get_subject_name(by == nullptr ? x : by->certificate.get()));
    extend(x, NID_basic_constraints, by == nullptr ? "critical,CA:TRUE" : "CA:FALSE");
    if (!names.empty()) extend(x, NID_subject_alt_name, names);
    ::X509_sign(x, (by == nullptr ? made : *by).key.get(), ::EVP_sha256());
    made.cert_file = path(name + ".pem");
    made.key_file = path(name + ".key");
    write(made.cert_file, [x](FILE* to) { ::PEM_write_X509(to, x); });
    write(made.key_file, [&](FILE* to) {
      ::PEM_write_PrivateKey(to, made.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
    return made;
  }

  issued ca;
  issued local;  // of 127.0.0.1

 private:
  static void extend(X509* x, int what, std::string const& value) {
    std::unique_ptr<X509_EXTENSION, void (*)(X509_EXTENSION*)> const extension(
        ::X509V3_EXT_conf_nid(nullptr, nullptr, what, value.c_str()), ::X509_EXTENSION_free);
    ::X509_add_ext(x, extension.get(), -1);
  }
  template <class Write>
  static void write(std::string const& path, Write how) {
    std::unique_ptr<FILE, int (*)(FILE*)> const file(std::fopen(path.c_str(), "w"), std::fclose);
    how(file.get());
  }

  std::filesystem::path folder_;
  long serial_ = 0;
};

struct tls_wishes {
  std::string ca;               // whom the client believes
  issued const* own = nullptr;  // what it shows
  std::string alpn = "\x08http/1.1";
  int newest = 0;  // TLS version; 0: any
};

class tls_client {
 public:
  tls_client(std::uint16_t port, tls_wishes const& wishes)
      : socket_(raw_socket::connect(port)),
        context_(::SSL_CTX_new(::TLS_client_method()), ::SSL_CTX_free),
        ssl_(nullptr, ::SSL_free) {
    timeval const limit{patience.count() / 1000, 0};
    ::setsockopt(socket_.fd(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::SSL_CTX_load_verify_file(context_.get(), wishes.ca.c_str());
    ::SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
    if (wishes.newest != 0) {
      ::SSL_CTX_set_security_level(context_.get(), 0);
      ::SSL_CTX_set_max_proto_version(context_.get(), wishes.newest);
    }
    if (wishes.own != nullptr) {
      ::SSL_CTX_use_certificate(context_.get(), wishes.own->certificate.get());
      ::SSL_CTX_use_PrivateKey(context_.get(), wishes.own->key.get());
    }
    auto const& alpn = wishes.alpn;
    ::SSL_CTX_set_alpn_protos(context_.get(), reinterpret_cast<unsigned char const*>(alpn.data()),
                              static_cast<unsigned>(alpn.size()));
    ssl_.reset(::SSL_new(context_.get()));
    ::X509_VERIFY_PARAM_set1_ip_asc(::SSL_get0_param(ssl_.get()), "127.0.0.1");
    ::SSL_set_fd(ssl_.get(), socket_.fd());
    connected_ = ::SSL_connect(ssl_.get()) == 1;
  }

  [[nodiscard]] bool connected() const { return connected_; }
  [[nodiscard]] std::string protocol() const { return ::SSL_get_version(ssl_.get()); }
  [[nodiscard]] std::string alpn() const {
    unsigned char const* chosen = nullptr;
    unsigned size = 0;
    ::SSL_get0_alpn_selected(ssl_.get(), &chosen, &size);
    return {reinterpret_cast<char const*>(chosen), size};
  }
  [[nodiscard]] long serial() const {
    std::unique_ptr<X509, void (*)(X509*)> const peer(::SSL_get1_peer_certificate(ssl_.get()), ::X509_free);
    return peer ? ::ASN1_INTEGER_get(::X509_get0_serialNumber(peer.get())) : 0;
  }
  bool send(std::string_view bytes) {
    std::size_t n = 0;
    return ::SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &n) == 1 && n == bytes.size();
  }
  // "" at the end; clean_end tells whether the server said that it was one.
  std::string receive() {
    std::array<char, 16384> block;
    std::size_t n = 0;
    ::ERR_clear_error();
    int const done = ::SSL_read_ex(ssl_.get(), block.data(), block.size(), &n);
    if (done != 1) clean_end = ::SSL_get_error(ssl_.get(), done) == SSL_ERROR_ZERO_RETURN;
    return {block.data(), done == 1 ? n : 0};
  }
  // One message.
  std::string answer() {
    std::string all;
    while (message_size(all) == 0) {
      auto const piece = receive();
      if (piece.empty()) break;
      all += piece;
    }
    return all;
  }
  std::string ask(std::string_view request) { return send(request) ? answer() : std::string(); }
  [[nodiscard]] raw_socket& socket() { return socket_; }

  bool clean_end = false;

 private:
  raw_socket socket_;
  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_;
  std::unique_ptr<SSL, void (*)(SSL*)> ssl_;
  bool connected_ = false;
};

}  // namespace litefs::proxy::test
