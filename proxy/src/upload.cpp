#include "litefs/proxy/upload.hpp"

#include <spdlog/spdlog.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>

#include "litefs/proxy/chunk_frame.hpp"

namespace litefs::proxy {

upload::upload(transaction& t, upstream_ptr to, std::shared_ptr<void> keep,
               std::chrono::milliseconds answer_max)
    : transaction_(t),
      to_(std::move(to)),
      keep_(std::move(keep)),
      ended_signal_(t.parts.context),
      answer_max_(answer_max),
      answer_deadline_(clock::now() + answer_max) {
  ended_signal_.expires_at(time_point::max());
}

awaitable<void> upload::live(std::shared_ptr<upload> self) {
  try {
    co_await self->run();
  } catch (std::exception const& e) {  // join() must end: as if the upstream had failed
    spdlog::error("upload ended: {}", e.what());
    self->upstream_error_ = asio::error::operation_aborted;
    self->to_->io.close();
  }
  self->ended_ = true;
  self->ended_signal_.cancel();
  self->keep_.reset();
}

void upload::start() { asio::co_spawn(transaction_.parts.context, live(shared_from_this()), asio::detached); }

awaitable<void> upload::run() {
  auto& body = *transaction_.body;
  while (!body.done() && !stopping_) {
    auto const piece = co_await body.next();
    if (piece.has_error()) {
      client_error_ = piece.error();
      to_->io.close();  // wakes whoever waits for the response
      co_return;
    }
    if (!co_await send(*piece, body.done())) co_return;
  }
}

awaitable<bool> upload::send(std::string_view piece, bool last) {
  auto const allowed = transaction_.config().timeouts.body_idle;
  if (transaction_.accepted.framing.kind != body_kind::chunked) {
    upstream_error_ = co_await to_->io.write({piece, {}, {}}, allowed);
  } else if (piece.empty()) {
    if (last) upstream_error_ = co_await to_->io.write({last_chunk, {}, {}}, allowed);
  } else {
    chunk_begin const begin(piece.size());
    upstream_error_ =
        co_await to_->io.write({begin.view(), piece, last ? chunk_end_and_last : chunk_end}, allowed);
  }
  // The time for a response counts from the end of the request.
  answer_deadline_ = transaction_.parts.ticks.now() + answer_max_;
  to_->io.postpone_read(answer_deadline_);
  co_return !upstream_error_;
}

awaitable<void> upload::join() {
  if (ended_) co_return;
  stopping_ = true;
  to_->io.close();
  transaction_.client.io.cancel();
  while (!ended_) co_await ended_signal_.async_wait(no_throw);
}

}  // namespace litefs::proxy
