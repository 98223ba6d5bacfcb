#include "litefs/proxy/lease.hpp"

#include <gtest/gtest.h>

namespace litefs::proxy {
namespace {

struct row {
  std::string_view answer;
  std::optional<std::string> hostname;
};

TEST(Lease, NamesItsHolder) {
  for (auto const& [answer, hostname] : {
           // {"hostname":"n0"}
           row{R"([{"Key":"litefs/x","Session":"ab-12","Value":"eyJob3N0bmFtZSI6Im4wIn0="}])", "n0"},
           row{R"([{"Key":"litefs/x","Value":"eyJob3N0bmFtZSI6Im4wIn0="}])", std::nullopt},
           row{R"([{"Session":"../kv","Value":"eyJob3N0bmFtZSI6Im4wIn0="}])", std::nullopt},
           row{R"([{"Session":"ab","Value":"not base64"}])", std::nullopt},
           row{R"([{"Session":"ab","Value":"AAAA"}])", std::nullopt},
           row{R"([{"Session":"ab","Value":null}])", std::nullopt},
           row{"[]", std::nullopt},
           row{"", std::nullopt},
       }) {
    SCOPED_TRACE(answer);
    auto const holder = parse_lease(answer);
    ASSERT_EQ(holder.has_value(), hostname.has_value());
    if (holder) {
      EXPECT_EQ(holder->hostname, *hostname);
    }
  }
}

}  // namespace
}  // namespace litefs::proxy
