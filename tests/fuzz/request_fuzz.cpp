// The head of a request: whatever is accepted is, written anew, read again as the same request.
#include "fuzz.hpp"
#include "litefs/proxy/head_text.hpp"
#include "litefs/proxy/message_head.hpp"

#include <algorithm>
#include <string>

using namespace litefs;
using namespace litefs::fuzz;

namespace {

std::string written(request_head const& head, accepted_request const& a) {
  std::string out(head.method);
  out.append(1, ' ').append(a.origin_target).append(" HTTP/1.1\r\nHost: ").append(a.host).append("\r\n");
  proxy::add_fields(out, a.forward);
  if (!a.upgrade.empty()) out.append("Connection: upgrade\r\nUpgrade: ").append(a.upgrade).append("\r\n");
  if (a.framing.kind == body_kind::chunked) out += "Transfer-Encoding: chunked\r\n";
  if (a.framing.kind == body_kind::length)
    out.append("Content-Length: ").append(std::to_string(a.framing.length)).append("\r\n");
  return out += "\r\n";
}

bool never_forwarded(std::string_view name) {
  for (std::string_view const own : {"connection", "transfer-encoding", "content-length", "host", "upgrade",
                                     "te", "trailer", "litefs-hop", "x-forwarded-for", "forwarded"})
    if (iequals(name, own)) return true;
  return name.find('_') != std::string_view::npos;
}

void check(std::string_view raw, rule_options const& options) {
  auto const parsed = proxy::parse_request_head(raw);
  auto const* head = std::get_if<request_head>(&parsed);
  if (head == nullptr) return;
  auto const verdict = check_request(*head, options);
  auto const* accepted = std::get_if<accepted_request>(&verdict);
  if (accepted == nullptr) return;
  require(std::ranges::none_of(accepted->forward, [](auto const& f) { return never_forwarded(f.name); }));
  if (accepted->host.empty()) return;  // HTTP/1.0 without one: there is no such request of 1.1
  auto const anew = written(*head, *accepted);
  auto const parsed_again = proxy::parse_request_head(anew);
  auto const* head_again = std::get_if<request_head>(&parsed_again);
  require(head_again != nullptr);
  auto const again = check_request(*head_again, options);
  auto const* same = std::get_if<accepted_request>(&again);
  require(same != nullptr && head_again->method == head->method);
  require(same->framing.kind == accepted->framing.kind && same->framing.length == accepted->framing.length);
  require(same->origin_target == accepted->origin_target && same->host == accepted->host);
  require(same->forward.size() == accepted->forward.size() && same->upgrade == accepted->upgrade);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  cut_input const input(text(data, size));
  proxy::head_scanner whole;
  proxy::head_scanner pieces;
  auto const found = whole.scan(input.whole);
  auto step = pieces.scan(input.whole.substr(0, input.at));
  if (step == proxy::head_scanner::verdict::more) step = pieces.scan(input.whole);
  require(step == found);
  auto const complete = found == proxy::head_scanner::verdict::complete;
  auto const raw = complete ? input.whole.substr(0, whole.head_size()) : input.whole;
  check(raw, {});
  check(raw, {.extra_methods = {"PROPFIND"}, .body_on_safe_methods = true, .body_max = 0});
  return 0;
}
