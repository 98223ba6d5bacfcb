// Sends a final response on to the client: head and first bytes in one write, then the body as it comes, with
// the client's pace as back-pressure.
//
// A body cut short after the head was sent aborts the client's connection: it must see the truncation.
// Belongs to the session's thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "litefs/proxy/answer.hpp"
#include "litefs/proxy/exchange.hpp"

namespace litefs::proxy {

class relay {
 public:
  // `lines` go into the head.
  relay(transaction& t, attempt& a, std::string_view lines);

  // What is here already, as far as the client takes it without waiting. True: that was all.
  bool at_once();
  // The rest.
  awaitable<void> run();

  // The upstream's connection may be used for another request.
  [[nodiscard]] bool reusable() const noexcept;

 private:
  enum class state : std::uint8_t { running, complete, failed };

  void frame();
  void sent(error_code ec);
  void fail();

  transaction& transaction_;
  attempt& attempt_;
  client_framing const how_;
  bool const body_unread_;  // an early answer: the rest of the request will not be read
  body_reader body_;
  result<std::string_view> piece_;      // the one that is sent, or comes next
  result<std::string_view> following_;  // what is here after it
  std::string head_;                    // before the piece: of the answer, of a chunk
  gathered parts_{};                    // what is left of the piece and what is around it
  bool unsent_ = false;
  bool last_ = false;
  state state_ = state::running;
};

}  // namespace litefs::proxy
