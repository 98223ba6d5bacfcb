// The half of stream that speaks TLS.
#include <algorithm>
#include <boost/asio/error.hpp>
#include <string>

#include "litefs/proxy/stream.hpp"

namespace litefs::proxy {

namespace {

constexpr std::size_t record_max = 16 * 1024;

void take_off(gathered& parts, std::size_t n) noexcept {
  for (auto& part : parts) {
    auto const of_part = std::min(n, part.size());
    part.remove_prefix(of_part);
    n -= of_part;
  }
}

// What one record will carry: a large part as it lies, several small ones together, so that a head and its
// body are one record.
std::string_view next_record(gathered const& parts, std::string& together) {
  auto const first = std::find_if(parts.begin(), parts.end(), [](auto p) { return !p.empty(); });
  if (first == parts.end()) return {};
  bool const alone = std::all_of(first + 1, parts.end(), [](auto p) { return p.empty(); });
  if (alone || first->size() >= record_max) return first->substr(0, record_max);
  together.clear();
  for (auto part = first; part != parts.end(); ++part)
    together += part->substr(0, record_max - together.size());
  return together;
}

}  // namespace

awaitable<error_code> stream::secure(tls_context const& with, std::string const& host, time_point deadline) {
  tls_ = tls_engine::dialled(with, socket_.native_handle(), host);
  co_return co_await handshake(deadline);
}

awaitable<error_code> stream::handshake(time_point deadline) {
  read_deadline_ = deadline;
  error_code ec;
  bool done = false;
  while (!ec && !done) {
    auto const step = tls_->handshake();
    done = step.wants == tls_needs::nothing;
    ec = step.ec;
    if (!done) ec = co_await wait_for(step.wants);
  }
  read_deadline_ = time_point::max();
  co_return explain(ec);
}

awaitable<result<std::size_t>> stream::read_tls(std::span<char> into, time_point deadline) {
  read_deadline_ = deadline;
  error_code ec = asio::error::operation_aborted;  // closed meanwhile: the descriptor may be another's
  while (socket_.is_open()) {
    auto const step = tls_->read(into);
    ec = step.ec;
    if (step.wants == tls_needs::nothing) {
      read_deadline_ = time_point::max();
      if (ec) co_return ec;
      in_ += step.n;
      co_return step.n;
    }
    ec = co_await wait_for(step.wants);
    if (ec) break;
  }
  read_deadline_ = time_point::max();
  co_return explain(ec);
}

awaitable<error_code> stream::write_tls(gathered parts, std::chrono::milliseconds allowed) {
  std::string together;
  for (auto record = next_record(parts, together); !record.empty();) {
    if (!socket_.is_open()) co_return error_code(asio::error::operation_aborted);
    auto const step = tls_->write(record);
    if (step.wants == tls_needs::nothing) {
      if (step.ec) co_return step.ec;
      out_ += step.n;
      take_off(parts, step.n);
      record = next_record(parts, together);
      continue;
    }
    write_deadline_ = sweep_.now() + allowed;  // the same record again: OpenSSL has begun it
    auto const ec = co_await wait_for(step.wants);
    write_deadline_ = time_point::max();
    if (ec) co_return explain(ec);
  }
  co_return error_code{};
}

awaitable<error_code> stream::wait_for(tls_needs what) {
  auto const side = what == tls_needs::readable ? stream_socket::wait_read : stream_socket::wait_write;
  auto const [ec] = co_await socket_.async_wait(side, no_throw);
  co_return ec;
}

}  // namespace litefs::proxy
