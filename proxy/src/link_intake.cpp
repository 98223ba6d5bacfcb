#include "litefs/proxy/link_intake.hpp"

#include <string>

#include "litefs/proxy/answer.hpp"
#include "litefs/proxy/link_door.hpp"

namespace litefs::proxy {

namespace {

constexpr std::size_t nonce_bytes = 16;

}  // namespace

bool asks_for_link(transaction const& t) noexcept {
  return t.peer.has_value() && t.accepted.origin_target == link_path && t.parts.shared.accept_link &&
         find_field(t.head.fields, "Upgrade") == link_protocol;
}

awaitable<void> hand_over_link(transaction& t) {
  // Lines behind the request cannot be sealed for this session yet: whoever sends them is no peer of ours.
  if (!t.client.head.empty() || t.has_body()) {
    t.keep_alive = false;
    co_await answer_plain(t, 400, "nothing may follow a request for a link before its answer");
    co_return;
  }
  auto const nonce = random_hex(nonce_bytes);
  std::string head = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\n";
  head.append("Upgrade: ").append(link_protocol).append("\r\n");
  head.append(link_nonce_field).append(": ").append(nonce).append("\r\n\r\n");
  t.answered = true;
  t.status = 101;
  t.keep_alive = false;
  if (co_await t.client.io.write({head, {}, {}}, t.config().timeouts.body_idle)) co_return;
  auto connection = t.client.io.release();
  if (!connection) co_return;
  link_caller caller{.connection = std::move(*connection),
                     .from = t.peer->from,
                     .session = link_session_name(t.peer->nonce, nonce)};
  t.parts.shared.accept_link(std::move(caller));
}

}  // namespace litefs::proxy
