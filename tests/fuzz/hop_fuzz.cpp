// The signed hop and its proof of non-execution: nothing without our mac is believed, whatever it looks like.
#include "fuzz.hpp"
#include "litefs/hop.hpp"

#include <string>
#include <vector>

using namespace litefs;
using namespace litefs::fuzz;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  static keyring const keys(std::vector<std::string>{"0123456789abcdef"}, "fuzz");
  auto const input = text(data, size);
  hop_subject const subject{.method = "GET", .target = "/", .host = "h", .length = "0", .forwarded = ""};
  if (auto const parsed = parse_hop(input)) {
    require(!verify_hop(keys, *parsed, subject));
    auto const made = make_hop(keys, *parsed, subject);
    auto const ours = parse_hop(made);
    require(ours && verify_hop(keys, *ours, subject));
    require(ours->from == parsed->from && ours->to == parsed->to && ours->nonce == parsed->nonce);
    auto other = subject;
    other.target = "/other";
    require(!verify_hop(keys, *ours, other));
    nonce_table nonces(4);
    auto const first = accept_hop(*ours, ours->to, ours->boot, nonces);
    require(!first || !accept_hop(*ours, ours->to, ours->boot, nonces));
  }
  require(!verify_not_executed(keys, "00", input));
  return 0;
}
