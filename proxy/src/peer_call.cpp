#include "litefs/proxy/peer_call.hpp"

#include <array>

namespace litefs::proxy {

namespace asio = boost::asio;

namespace {

constexpr std::size_t nonce_bytes = 16;
constexpr int signings_max = 2;  // the second one for the boot id that the first answer told
constexpr std::string_view no_forwarded = "\n\n";  // we send no X-Forwarded-For, -Proto, -Host

}  // namespace

asio::awaitable<result<call_response>> ask_peer(node& n, std::string hostname, std::string target,
                                                std::string body, call_limits limits) {
  auto const url = peer_url(n.config, hostname);
  auto const to = url ? endpoint_of_url(*url) : std::nullopt;
  if (!to) co_return make_error_code(errc::bad_hostname);
  auto const host = to_string(*to);
  auto const length = std::to_string(body.size());
  for (int signing = 1;; ++signing) {
    hop const h{.from = std::string(n.hostname()),
                .to = hostname,
                .boot = n.boots.of(hostname),
                .nonce = random_hex(nonce_bytes),
                .mac = {}};
    hop_subject const subject{
        .method = "POST", .target = target, .host = host, .length = length, .forwarded = no_forwarded};
    auto const signed_hop = make_hop(n.hop_keys, h, subject);
    auto const mac = parse_hop(signed_hop)->mac;
    auto request = make_request("POST", target, body);
    request.set("Host", host);
    request.set("Content-Type", "application/json");
    request.set("litefs-hop", signed_hop);
    auto answer = co_await call(*to, std::move(request), limits);
    if (!answer || answer->result_int() != 503 || signing == signings_max) co_return answer;
    auto const marker = (*answer)["litefs-not-executed"];
    auto const refused = verify_not_executed(n.marker_keys, mac, {marker.data(), marker.size()});
    if (!refused || refused->reason != "restarted") co_return answer;
    n.boots.learn(hostname, refused->boot);
  }
}

}  // namespace litefs::proxy
