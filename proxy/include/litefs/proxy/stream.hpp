// One connection: a socket, its two deadlines (reading, writing) and the count of bytes that passed.
//
// Not thread-safe: belongs to one worker thread. Errors are values: boost::asio::error::eof at the end of the
// stream, boost::asio::error::timed_out when a deadline passed, else the system's. Each deadline is moved by
// its next operation; one reader and one writer at a time.
#pragma once

#include <array>
#include <boost/asio/buffer.hpp>
#include <cstdint>
#include <span>
#include <string_view>

#include "litefs/proxy/net.hpp"
#include "litefs/proxy/sweep.hpp"

namespace litefs::proxy {

// What the first peek at an idle connection shows.
enum class idle_state : std::uint8_t { quiet, readable, closed };

using gathered = std::array<std::string_view, 3>;

class stream final : public watched {
 public:
  stream(stream_socket socket, sweep& ticks);

  // Reads at least one byte before `deadline`.
  awaitable<result<std::size_t>> read_some(std::span<char> into, time_point deadline);
  // Writes everything in one gathered write where the kernel takes it; `allowed` bounds each step without
  // progress.
  awaitable<error_code> write(gathered parts, std::chrono::milliseconds allowed);
  awaitable<error_code> connect(asio::generic::stream_protocol::endpoint const& to,
                                std::chrono::milliseconds allowed);

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
  [[nodiscard]] stream_socket& socket() noexcept { return socket_; }
  [[nodiscard]] std::uint64_t bytes_in() const noexcept { return in_; }
  [[nodiscard]] std::uint64_t bytes_out() const noexcept { return out_; }
  [[nodiscard]] sweep& ticks() noexcept { return sweep_; }

  void on_sweep(time_point now) override;

 private:
  [[nodiscard]] error_code explain(error_code ec) const noexcept;

  stream_socket socket_;
  sweep& sweep_;
  time_point read_deadline_ = time_point::max();
  time_point write_deadline_ = time_point::max();
  std::uint64_t in_ = 0;
  std::uint64_t out_ = 0;
  bool expired_ = false;
};

}  // namespace litefs::proxy
