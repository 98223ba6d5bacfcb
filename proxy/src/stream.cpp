#include "litefs/proxy/stream.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/async_result.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/socket_base.hpp>
#include <type_traits>
#include <utility>

namespace litefs::proxy {

namespace {

struct transferred {
  error_code ec;
  std::size_t n = 0;
};

// Awaited, it resumes its coroutine straight from the reactor. What asio::use_awaitable makes of the same
// costs a coroutine of its own and a way through the executor, which on a worker thread leads back to it.
class reading {
  template <class Handler>
  struct resume {
    Handler handler;
    void operator()(error_code ec, std::size_t n) { handler(transferred{ec, n}); }
  };
  struct start {
    stream_socket& from;
    std::span<char> into;
    template <class Handler>
    void operator()(Handler&& handler) const {
      from.async_read_some(asio::buffer(into.data(), into.size()),
                           resume<std::decay_t<Handler>>{std::forward<Handler>(handler)});
    }
  };

  start start_;

 public:
  reading(stream_socket& from, std::span<char> into) noexcept : start_{from, into} {}

  template <class Token>
  auto operator()(Token&& token)
      -> decltype(asio::async_initiate<Token, void(transferred)>(std::declval<start&>(), token)) {
    return asio::async_initiate<Token, void(transferred)>(start_, token);
  }
};

}  // namespace

stream::stream(stream_socket socket, sweep& ticks, std::unique_ptr<tls_engine> tls)
    : socket_(std::move(socket)), tls_(std::move(tls)), sweep_(ticks) {
  error_code ignored;
  if (socket_.is_open()) socket_.non_blocking(true, ignored);
  sweep_.watch(*this);
}

awaitable<result<std::size_t>> stream::read_some(std::span<char> into, time_point deadline) {
  expired_ = false;  // a read that ended at its deadline may be followed by another
  if (tls_) co_return co_await read_tls(into, deadline);
  read_deadline_ = deadline;
  reading read(socket_, into);
  auto const [ec, n] = co_await std::move(read);
  read_deadline_ = time_point::max();
  if (ec) co_return explain(ec);
  in_ += n;
  co_return n;
}

awaitable<error_code> stream::write(gathered parts, std::chrono::milliseconds allowed) {
  if (tls_) co_return co_await write_tls(parts, allowed);
  for (;;) {
    if (auto const done = write_now(parts)) co_return *done;
    write_deadline_ = sweep_.now() + allowed;
    auto const [ec] = co_await socket_.async_wait(stream_socket::wait_write, no_throw);
    write_deadline_ = time_point::max();
    if (ec) co_return explain(ec);
  }
}

std::optional<error_code> stream::write_now(gathered& parts) {
  if (tls_) return std::nullopt;
  while (!parts[0].empty() || !parts[1].empty() || !parts[2].empty()) {
    std::array<asio::const_buffer, 3> const buffers{asio::buffer(parts[0]), asio::buffer(parts[1]),
                                                    asio::buffer(parts[2])};
    error_code ec;
    auto n = socket_.write_some(buffers, ec);
    if (ec == asio::error::would_block || ec == asio::error::try_again) return std::nullopt;
    if (ec) return explain(ec);
    out_ += n;
    for (auto& part : parts) {
      auto const of_part = std::min(n, part.size());
      part.remove_prefix(of_part);
      n -= of_part;
    }
  }
  return error_code{};
}

awaitable<error_code> stream::connect(asio::generic::stream_protocol::endpoint const& to,
                                      std::chrono::milliseconds allowed) {
  error_code ec;
  socket_.open(to.protocol(), ec);
  if (ec) co_return ec;
  write_deadline_ = clock::now() + allowed;
  std::tie(ec) = co_await socket_.async_connect(to, no_throw);
  write_deadline_ = time_point::max();
  if (ec) co_return explain(ec);
  socket_.non_blocking(true, ec);
  if (!ec && to.protocol().family() != AF_UNIX) socket_.set_option(asio::ip::tcp::no_delay(true), ec);
  co_return ec;
}

idle_state stream::peek() noexcept {
  if (tls_) {
    if (!socket_.is_open()) return idle_state::closed;
    auto const seen = tls_->peek();
    if (seen.wants != tls_needs::nothing) return idle_state::quiet;
    return seen.ec ? idle_state::closed : idle_state::readable;
  }
  char byte = 0;
  auto const n = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (n > 0) return idle_state::readable;
  if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return idle_state::quiet;
  return idle_state::closed;
}

void stream::shutdown_send() noexcept {
  error_code ignored;
  if (tls_ && socket_.is_open()) tls_->say_end();
  socket_.shutdown(asio::socket_base::shutdown_send, ignored);
}

void stream::abort() noexcept {
  error_code ignored;
  socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  socket_.close(ignored);
}

void stream::close() noexcept {
  error_code ignored;
  if (tls_ && socket_.is_open()) tls_->say_end();
  socket_.close(ignored);
}

result<loose_stream> stream::release() {
  error_code ec;
  int const descriptor = socket_.release(ec);
  if (ec) return ec;
  return loose_stream{.descriptor = descriptor, .tls = std::move(tls_)};
}

void stream::cancel() noexcept {
  error_code ignored;
  socket_.cancel(ignored);
}

void stream::on_sweep(time_point now) {
  if (now < read_deadline_ && now < write_deadline_) return;
  expired_ = true;
  cancel();
}

error_code stream::explain(error_code ec) const noexcept {
  return expired_ && ec == asio::error::operation_aborted ? error_code(asio::error::timed_out) : ec;
}

}  // namespace litefs::proxy
