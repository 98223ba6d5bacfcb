// What the files of a TLS configuration may be, and what is said of the others.
#include "litefs/proxy/tls_context.hpp"

#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "tls_files.hpp"

namespace litefs::proxy::test {
namespace {

std::string said(std::variant<tls_context, tls_problem> const& made) {
  auto const* const p = std::get_if<tls_problem>(&made);
  return p == nullptr ? "good" : p->key + ": " + p->message;
}

TEST(tls_context, files_that_cannot_be_used_are_named) {
  tls_files files;
  auto const other = files.issue("other", &files.ca, "IP:127.0.0.1", 3600);
  std::ofstream(files.path("text")) << "no certificate\n";
  auto const cert = files.local.cert_file;
  auto const key = files.local.key_file;
  struct row {
    tls_listener options;
    std::string expected;
  };
  for (auto const& r :
       {row{{.addr = {}, .cert = cert, .key = key, .client_ca = files.ca.cert_file}, "good"},
        row{{.addr = {}, .cert = "/nowhere.pem", .key = key, .client_ca = {}},
            "cert: cannot read /nowhere.pem"},
        row{{.addr = {}, .cert = cert, .key = "/nowhere.key", .client_ca = {}},
            "key: cannot read /nowhere.key"},
        row{{.addr = {}, .cert = files.path("text"), .key = key, .client_ca = {}}, "holds no certificate"},
        row{{.addr = {}, .cert = cert, .key = cert, .client_ca = {}}, "holds no usable key"},
        row{{.addr = {}, .cert = cert, .key = other.key_file, .client_ca = {}},
            "does not match the certificate"},
        row{{.addr = {}, .cert = cert, .key = key, .client_ca = "/nowhere.ca"}, "client-ca: cannot read"},
        row{{.addr = {}, .cert = cert, .key = key, .client_ca = files.path("text")},
            "holds no certificates"}}) {
    auto const text = said(server_context(r.options));
    EXPECT_NE(text.find(r.expected), std::string::npos) << text << " instead of " << r.expected;
  }
}

TEST(tls_context, an_expired_certificate_is_a_warning) {
  tls_files files;
  auto const old = files.issue("old", &files.ca, "IP:127.0.0.1", -60);
  std::ostringstream log;
  auto const before = spdlog::default_logger();
  spdlog::set_default_logger(
      std::make_shared<spdlog::logger>("kept", std::make_shared<spdlog::sinks::ostream_sink_mt>(log)));
  EXPECT_EQ(said(server_context({.addr = {}, .cert = old.cert_file, .key = old.key_file, .client_ca = {}})),
            "good");
  spdlog::set_default_logger(before);
  EXPECT_NE(log.str().find("old.pem has expired"), std::string::npos) << log.str();
}

TEST(tls_context, peers_are_believed_by_the_authorities_of_the_system) {
  tls_files const files;
  ::setenv("SSL_CERT_FILE", files.ca.cert_file.c_str(), 1);
  EXPECT_EQ(system_ca_file(), files.ca.cert_file);
  EXPECT_EQ(said(peer_context({})), "good");
  ::setenv("SSL_CERT_FILE", "/nowhere.pem", 1);
  EXPECT_EQ(said(peer_context({})).substr(0, 31), "ca: cannot read /nowhere.pem: N");
  ::unsetenv("SSL_CERT_FILE");
  EXPECT_TRUE(system_ca_file().empty() || system_ca_file().starts_with("/etc/")) << system_ca_file();
}

}  // namespace
}  // namespace litefs::proxy::test
