// The consistency cookie and the app's answer to it: what parses means the same when it is written anew.
#include "fuzz.hpp"
#include "litefs/cookie.hpp"

using namespace litefs;
using namespace litefs::fuzz;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  auto const input = text(data, size);
  if (auto const demanded = parse_demands(input)) {
    require(!demanded->empty() && demanded->size() <= max_demands);
    auto const again = parse_demands(format_demands(*demanded));
    require(again && *again == *demanded);
    require(merge(*demanded, *demanded).size() == demanded->size());
  }
  auto const value = find_cookie(input, "litefs-position");
  require(value.empty() ||
          (value.data() >= input.data() && value.data() + value.size() <= input.data() + size));
  if (auto const committed = parse_committed(input)) {
    auto const again = parse_committed(format_committed(*committed));
    require(again && *again == *committed);
  }
  return 0;
}
