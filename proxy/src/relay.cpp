#include "litefs/proxy/relay.hpp"

#include "litefs/proxy/answer.hpp"
#include "litefs/proxy/chunk_frame.hpp"

namespace litefs::proxy {

namespace {

class body_relay {
 public:
  body_relay(transaction& t, attempt& a, framing how, client_framing to)
      : transaction_(t),
        body_(a.connection->io, a.connection->buffer, a.ahead ? *a.ahead : a.connection->buffer, how, 0,
              t.config().timeouts.response),
        chunked_(to.chunked) {}

  // False if either side failed; the client's connection was aborted then.
  awaitable<bool> run(std::string& head) {
    auto piece = body_.ready();
    for (;;) {
      if (piece.has_error()) break;
      // Only what is here already: the head never waits for its body.
      auto const following = piece->empty() ? piece : body_.ready();
      if (following.has_error()) break;
      bool const last = body_.done() && following->empty();
      if (co_await send(head, *piece, last)) break;
      head.clear();
      if (last) co_return true;
      piece = *following;
      if (piece->empty()) piece = co_await body_.next();
    }
    transaction_.client.io.abort();
    co_return false;
  }

 private:
  awaitable<error_code> send(std::string& head, std::string_view piece, bool last) {
    auto const allowed = transaction_.config().timeouts.body_idle;
    std::string_view end;
    if (chunked_) {
      if (!piece.empty()) head += chunk_begin(piece.size()).view();
      end =
          piece.empty() ? (last ? last_chunk : std::string_view{}) : (last ? chunk_end_and_last : chunk_end);
    }
    return transaction_.client.io.write({head, piece, end}, allowed);
  }

  transaction& transaction_;
  body_reader body_;
  bool chunked_;
};

}  // namespace

awaitable<bool> relay_response(transaction& t, attempt& a) {
  std::string lines;
  if (t.clustered()) lines = co_await consistency_lines(t, a.answer);
  auto const how = frame_for_client(t, a.answer);
  // An early answer: the rest of the body will not be read, so neither side can be used again.
  bool const body_unread = a.body ? !a.body->complete() : t.streams_body();
  if (how.close || body_unread || t.parts.draining) t.keep_alive = false;
  t.answered = true;
  t.status = a.answer.head.status;
  auto const& framing = a.answer.accepted.framing;
  body_relay relay(t, a, framing, how);
  auto head = relayed_head(t, a.answer, how, lines);
  bool const complete = co_await relay.run(head);
  if (!complete) t.keep_alive = false;
  // Bytes after a complete response belong to nobody.
  co_return complete && !body_unread && a.answer.accepted.keep_alive &&
      framing.kind != body_kind::until_close && a.connection->buffer.empty();
}

}  // namespace litefs::proxy
