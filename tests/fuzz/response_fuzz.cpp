// The head of a response and a chunked body behind it: the outcome never depends on where the bytes are cut.
#include "fuzz.hpp"
#include "litefs/chunked.hpp"
#include "litefs/proxy/message_head.hpp"

#include <string>

using namespace litefs;
using namespace litefs::fuzz;

namespace {

struct decoded {
  std::string body;
  bool done = false;
  bool bad = false;
  bool operator==(decoded const&) const = default;
};

decoded feed(chunk_decoder& decoder, std::string_view bytes) {
  decoded out;
  while (!bytes.empty() && !out.done) {
    auto const step = decoder.feed(bytes);
    if (!step) {
      out.bad = true;
      return out;
    }
    require(step->consumed > 0 || step->done);
    out.body += step->data;
    out.done = step->done;
    bytes.remove_prefix(step->consumed);
  }
  return out;
}

void decode(std::string_view body, std::size_t at) {
  chunk_decoder::options const options{.body_max = 1 << 20, .overhead_max = 256};
  chunk_decoder whole(options);
  auto const expected = feed(whole, body);
  chunk_decoder pieces(options);
  auto got = feed(pieces, body.substr(0, at));
  if (!got.bad && !got.done) {
    auto const rest = feed(pieces, body.substr(at));
    got = {got.body + rest.body, rest.done, rest.bad};
  }
  require(got == expected);
  require(expected.body.size() <= body.size());
}

void check(std::string_view raw, bool head_request) {
  auto const parsed = proxy::parse_response_head(raw);
  auto const* head = std::get_if<response_head>(&parsed);
  if (head == nullptr) return;
  auto const verdict = check_response(*head, head_request);
  auto const* accepted = std::get_if<accepted_response>(&verdict);
  if (accepted == nullptr) {
    require(std::get<rejection>(verdict).status == 502);
    return;
  }
  bool const bodiless = head_request || head->status < 200 || head->status == 204 || head->status == 304;
  require(!bodiless || accepted->framing.kind == body_kind::none);
  require(head->version == 11 || accepted->framing.kind != body_kind::chunked);
  require(accepted->framing.kind != body_kind::until_close || !accepted->keep_alive);
  for (auto const& [name, value] : accepted->forward) {
    require(!iequals(name, "content-length") && !iequals(name, "transfer-encoding"));
    require(value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  cut_input const input(text(data, size));
  proxy::head_scanner scanner;
  bool const complete = scanner.scan(input.whole) == proxy::head_scanner::verdict::complete;
  auto const head_size = complete ? scanner.head_size() : 0;
  if (complete) {
    check(input.whole.substr(0, head_size), false);
    check(input.whole.substr(0, head_size), true);
  }
  auto const body = input.whole.substr(head_size);
  decode(body, input.at > body.size() ? body.size() : input.at);
  return 0;
}
