#include "litefs/proxy/relay.hpp"

#include "litefs/proxy/chunk_frame.hpp"

namespace litefs::proxy {

relay::relay(transaction& t, attempt& a, std::string_view lines)
    : transaction_(t),
      attempt_(a),
      how_(frame_for_client(t, a.answer)),
      body_unread_(a.body ? !a.body->complete() : t.streams_body()),
      body_(a.connection->io, a.connection->buffer, a.ahead ? *a.ahead : a.connection->buffer,
            a.answer.accepted.framing, 0, t.config().timeouts.response),
      piece_(body_.ready()),
      following_(piece_) {
  if (how_.close || body_unread_ || t.parts.draining) t.keep_alive = false;
  t.answered = true;
  t.status = a.answer.head.status;
  head_ = relayed_head(t, a.answer, how_, lines);
  frame();
}

bool relay::at_once() {
  if (unsent_)
    if (auto const done = transaction_.client.io.write_now(parts_)) sent(*done);
  return state_ != state::running;
}

awaitable<void> relay::run() {
  auto& client = transaction_.client.io;
  auto const allowed = transaction_.config().timeouts.body_idle;
  while (state_ == state::running) {
    if (unsent_) {
      auto const ec = co_await client.write(parts_, allowed);
      sent(ec);
    } else {
      if (piece_->empty()) piece_ = co_await body_.next();
      frame();
    }
  }
}

// Only what is here already goes together: the head never waits for its body.
void relay::frame() {
  if (piece_.has_value()) following_ = piece_->empty() ? piece_ : body_.ready();
  if (piece_.has_error() || following_.has_error()) return fail();
  last_ = body_.done() && following_->empty();
  std::string_view end;
  if (how_.chunked && piece_->empty()) {
    if (last_) end = last_chunk;
  } else if (how_.chunked) {
    head_ += chunk_begin(piece_->size()).view();
    end = last_ ? chunk_end_and_last : chunk_end;
  }
  parts_ = {head_, *piece_, end};
  unsent_ = true;
}

void relay::sent(error_code ec) {
  if (ec) return fail();
  unsent_ = false;
  head_.clear();
  piece_ = following_;
  if (last_) state_ = state::complete;
}

void relay::fail() {
  state_ = state::failed;
  transaction_.keep_alive = false;
  transaction_.client.io.abort();
}

// Bytes after a complete response belong to nobody.
bool relay::reusable() const noexcept {
  auto const& accepted = attempt_.answer.accepted;
  return state_ == state::complete && !body_unread_ && accepted.keep_alive &&
         accepted.framing.kind != body_kind::until_close && attempt_.connection->buffer.empty();
}

}  // namespace litefs::proxy
