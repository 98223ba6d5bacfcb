#include "litefs/proxy/tls_engine.hpp"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/error.hpp>
#include <cerrno>

namespace litefs::proxy {

namespace asio = boost::asio;
using boost::system::error_code;

void expect_server(SSL* connection, std::string const& host) {
  error_code no_address;
  asio::ip::make_address(host, no_address);
  if (no_address) {
    SSL_set_tlsext_host_name(connection, host.c_str());  // a macro
    ::SSL_set_hostflags(connection, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    ::SSL_set1_host(connection, host.c_str());
  } else {
    ::X509_VERIFY_PARAM_set1_ip_asc(::SSL_get0_param(connection), host.c_str());
  }
}

tls_engine::tls_engine(tls_context const& with, int descriptor) : ssl_(::SSL_new(with.get()), ::SSL_free) {
  ::SSL_set_fd(ssl_.get(), descriptor);
}

std::unique_ptr<tls_engine> tls_engine::accepted(tls_context const& with, int descriptor) {
  std::unique_ptr<tls_engine> made(new tls_engine(with, descriptor));
  ::SSL_set_accept_state(made->ssl_.get());
  return made;
}

std::unique_ptr<tls_engine> tls_engine::dialled(tls_context const& with, int descriptor,
                                                std::string const& host) {
  std::unique_ptr<tls_engine> made(new tls_engine(with, descriptor));
  ::SSL_set_connect_state(made->ssl_.get());
  expect_server(made->ssl_.get(), host);
  return made;
}

tls_step tls_engine::handshake() noexcept {
  ::ERR_clear_error();
  int const done = ::SSL_do_handshake(ssl_.get());
  established_ = done == 1;
  return judge(done, 0);
}

tls_step tls_engine::read(std::span<char> into) noexcept {
  ::ERR_clear_error();
  std::size_t n = 0;
  int const done = ::SSL_read_ex(ssl_.get(), into.data(), into.size(), &n);
  return judge(done, n);
}

tls_step tls_engine::peek() noexcept {
  ::ERR_clear_error();
  char byte = 0;
  std::size_t n = 0;
  int const done = ::SSL_peek_ex(ssl_.get(), &byte, 1, &n);
  return judge(done, n);
}

tls_step tls_engine::write(std::string_view bytes) noexcept {
  ::ERR_clear_error();
  std::size_t n = 0;
  int const done = ::SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &n);
  return judge(done, n);
}

void tls_engine::say_end() noexcept {
  if (!established_ || failed_) return;
  ::ERR_clear_error();
  ::SSL_shutdown(ssl_.get());
}

std::string tls_engine::refused_certificate() const {
  auto const verdict = ::SSL_get_verify_result(ssl_.get());
  return verdict == X509_V_OK ? std::string() : std::string(::X509_verify_cert_error_string(verdict));
}

tls_step tls_engine::judge(int returned, std::size_t n) noexcept {
  if (returned == 1) return {.ec = {}, .n = n, .wants = tls_needs::nothing};
  int const system_error = errno;
  switch (::SSL_get_error(ssl_.get(), returned)) {
    case SSL_ERROR_WANT_READ:
      return {.ec = asio::error::would_block, .n = 0, .wants = tls_needs::readable};
    case SSL_ERROR_WANT_WRITE:
      return {.ec = asio::error::would_block, .n = 0, .wants = tls_needs::writable};
    case SSL_ERROR_ZERO_RETURN:
      return {.ec = asio::error::eof, .n = 0, .wants = tls_needs::nothing};
    case SSL_ERROR_SYSCALL:
      failed_ = true;
      if (system_error != 0)
        return {error_code(system_error, boost::system::system_category()), 0, tls_needs::nothing};
      return {.ec = asio::error::connection_reset, .n = 0, .wants = tls_needs::nothing};
    default:
      break;
  }
  failed_ = true;
  auto const what = ::ERR_get_error();
  bool const cut = ERR_GET_REASON(what) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
  if (cut) return {.ec = asio::error::connection_reset, .n = 0, .wants = tls_needs::nothing};
  return {error_code(static_cast<int>(what), asio::error::get_ssl_category()), 0, tls_needs::nothing};
}

}  // namespace litefs::proxy
