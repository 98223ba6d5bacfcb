// TLS on one non-blocking socket: what can be done now, and what to wait for where it cannot.
//
// Reads and writes the descriptor itself and never waits, so its owner waits for the socket as for any other.
// One reader and one writer may take turns. Not thread-safe, but not bound to a thread either. SIGPIPE must
// be ignored. Errors: eof when the other side said that it has ended; connection_reset when it ended without
// a word (what came before may be truncated); else the system's or OpenSSL's.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "litefs/error.hpp"
#include "litefs/proxy/tls_context.hpp"

namespace litefs::proxy {

// The server's certificate must be for `host`, a name or an address, if its context verifies at all.
void expect_server(SSL* connection, std::string const& host);

enum class tls_needs : std::uint8_t { nothing, readable, writable };

struct tls_step {
  boost::system::error_code ec;
  std::size_t n = 0;
  tls_needs wants = tls_needs::nothing;
};

class tls_engine {
 public:
  static std::unique_ptr<tls_engine> accepted(tls_context const& with, int descriptor);
  static std::unique_ptr<tls_engine> dialled(tls_context const& with, int descriptor,
                                             std::string const& host);

  [[nodiscard]] tls_step handshake() noexcept;
  [[nodiscard]] tls_step read(std::span<char> into) noexcept;
  [[nodiscard]] tls_step peek() noexcept;                         // one byte
  [[nodiscard]] tls_step write(std::string_view bytes) noexcept;  // at most one record
  void say_end() noexcept;  // close_notify, as far as the socket takes it
  // Why the other side's certificate was refused; "" if it was not.
  [[nodiscard]] std::string refused_certificate() const;

 private:
  tls_engine(tls_context const& with, int descriptor);
  tls_step judge(int returned, std::size_t n) noexcept;

  std::unique_ptr<SSL, void (*)(SSL*)> ssl_;
  bool established_ = false;
  bool failed_ = false;  // nothing more may be said
};

}  // namespace litefs::proxy
