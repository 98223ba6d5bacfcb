// One connection, plain or TLS: a socket, its two deadlines (reading, writing) and the count of bytes that
// passed (as they are without TLS). What is above never asks which it is; a plain one pays a comparison.
//
// Not thread-safe: belongs to one worker thread. Errors are values: boost::asio::error::eof at the end of the
// stream, boost::asio::error::timed_out when a deadline passed, else the system's. Each deadline is moved by
// its next operation; one reader and one writer at a time.
#pragma once

#include <array>
#include <boost/asio/buffer.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "litefs/proxy/net.hpp"
#include "litefs/proxy/sweep.hpp"
#include "litefs/proxy/tls_engine.hpp"

namespace litefs::proxy {

// What the first peek at an idle connection shows.
enum class idle_state : std::uint8_t { quiet, readable, closed };

using gathered = std::array<std::string_view, 3>;

// A connection between two owners, which may be two threads.
struct loose_stream {
  int descriptor = -1;
  std::unique_ptr<tls_engine> tls;
};

class stream final : public watched {
 public:
  // `tls`: made for this very socket; its handshake() is still to be done. Null: plain.
  stream(stream_socket socket, sweep& ticks, std::unique_ptr<tls_engine> tls = nullptr);

  // Reads at least one byte before `deadline`.
  awaitable<result<std::size_t>> read_some(std::span<char> into, time_point deadline);
  // Writes everything in one gathered write where the kernel takes it; `allowed` bounds each step without
  // progress.
  awaitable<error_code> write(gathered parts, std::chrono::milliseconds allowed);
  // The same as far as it goes without waiting, which most often is all. Nothing: write() what is left.
  std::optional<error_code> write_now(gathered& parts);
  awaitable<error_code> connect(asio::generic::stream_protocol::endpoint const& to,
                                std::chrono::milliseconds allowed);
  // Once connected: everything from here on is TLS with a server whose certificate is for `host`.
  awaitable<error_code> secure(tls_context const& with, std::string const& host, time_point deadline);
  awaitable<error_code> handshake(time_point deadline);  // of an accepted connection

  // Looks without blocking and without consuming.
  [[nodiscard]] idle_state peek() noexcept;

  void shutdown_send() noexcept;
  void abort() noexcept;  // the other side sees a reset, not an end
  void close() noexcept;
  void cancel() noexcept;  // ends pending operations with operation_aborted
  // Progress elsewhere: a read that waits now may wait until then.
  void postpone_read(time_point deadline) noexcept {
    if (read_deadline_ != time_point::max()) read_deadline_ = deadline;
  }
  [[nodiscard]] bool is_open() const noexcept { return socket_.is_open(); }
  [[nodiscard]] bool is_tls() const noexcept { return tls_ != nullptr; }
  [[nodiscard]] std::string refused_certificate() const { return tls_ ? tls_->refused_certificate() : ""; }
  [[nodiscard]] stream_socket& socket() noexcept { return socket_; }
  [[nodiscard]] result<loose_stream> release();  // and is closed
  [[nodiscard]] std::uint64_t bytes_in() const noexcept { return in_; }
  [[nodiscard]] std::uint64_t bytes_out() const noexcept { return out_; }
  [[nodiscard]] sweep& ticks() noexcept { return sweep_; }

  void on_sweep(time_point now) override;

 private:
  awaitable<result<std::size_t>> read_tls(std::span<char> into, time_point deadline);
  awaitable<error_code> write_tls(gathered parts, std::chrono::milliseconds allowed);
  awaitable<error_code> wait_for(tls_needs what);
  [[nodiscard]] error_code explain(error_code ec) const noexcept;

  stream_socket socket_;
  std::unique_ptr<tls_engine> tls_;
  sweep& sweep_;
  time_point read_deadline_ = time_point::max();
  time_point write_deadline_ = time_point::max();
  std::uint64_t in_ = 0;
  std::uint64_t out_ = 0;
  bool expired_ = false;
};

}  // namespace litefs::proxy
