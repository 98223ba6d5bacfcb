// A line of LiteFS's event stream: a value or an error, and no hostname that is none.
#include "fuzz.hpp"
#include "litefs/event.hpp"
#include "litefs/hostname.hpp"

using namespace litefs;
using namespace litefs::fuzz;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  auto const parsed = parse_event(text(data, size));
  if (!parsed) return 0;
  if (auto const* primary = std::get_if<primary_event>(&*parsed))
    require(primary->hostname.empty() || valid_hostname(primary->hostname));
  return 0;
}
