#include "litefs/proxy/peer_call.hpp"

#include "litefs/proxy/peer_endpoint.hpp"

namespace litefs::proxy {

namespace asio = boost::asio;

namespace {

constexpr std::size_t nonce_bytes = 16;
constexpr std::string_view no_forwarded = "\n\n";  // we send no X-Forwarded-For, -Proto, -Host

}  // namespace

peer_signature sign_for_peer(node& n, std::string_view hostname, endpoint const& to, call_request& request) {
  auto const host = to_string(to);
  auto const length = std::to_string(request.body().size());
  std::string const method(request.method_string());
  std::string const target(request.target());
  hop const h{.from = std::string(n.hostname()),
              .to = std::string(hostname),
              .boot = n.boots.of(hostname),
              .nonce = random_hex(nonce_bytes),
              .mac = {}};
  hop_subject const subject{
      .method = method, .target = target, .host = host, .length = length, .forwarded = no_forwarded};
  auto const signed_hop = make_hop(n.hop_keys, h, subject);
  request.set("Host", host);
  request.set("litefs-hop", signed_hop);
  return {.nonce = h.nonce, .mac = parse_hop(signed_hop)->mac};
}

bool learn_boot(node& n, std::string_view hostname, peer_signature const& signature,
                call_response const& answer) {
  if (answer.result_int() != 503) return false;
  auto const marker = answer["litefs-not-executed"];
  auto const refused = verify_not_executed(n.marker_keys, signature.mac, {marker.data(), marker.size()});
  if (!refused || refused->reason != "restarted") return false;
  n.boots.learn(hostname, refused->boot);
  return true;
}

asio::awaitable<result<call_response>> ask_peer(node& n, std::string hostname, std::string target,
                                                std::string body, call_limits limits) {
  auto const to = peer_endpoint(n.config, hostname);
  if (!to) co_return make_error_code(errc::bad_hostname);
  for (int signing = 1;; ++signing) {
    auto request = make_request("POST", target, body);
    request.set("Content-Type", "application/json");
    auto const signature = sign_for_peer(n, hostname, *to, request);
    auto answer = co_await call(*to, std::move(request), limits, n.live()->peers);
    if (!answer || signing == signings_max || !learn_boot(n, hostname, signature, *answer)) co_return answer;
  }
}

}  // namespace litefs::proxy
