#include "litefs/proxy/address_claims.hpp"

#include <boost/asio/error.hpp>
#include <string>

namespace litefs::proxy {

namespace asio = boost::asio;
using local = asio::local::stream_protocol;

namespace {

constexpr std::string_view prefix{"\0litefs-proxy ", 14};  // the leading zero makes a name abstract

std::string name_of(endpoint at) {
  if (at.host == "localhost") at.host = "127.0.0.1";  // as the listener takes it
  return std::string(prefix) + to_string(at);
}

}  // namespace

address_claims::address_claims(std::vector<endpoint> const& addresses) {
  for (auto const& at : addresses) {
    if (!at.unix_path.empty() || at.port == 0) continue;
    auto& claim = held_.emplace_back(context_, local());
    boost::system::error_code failed;
    claim.bind(local::endpoint(name_of(at)), failed);
    if (failed == asio::error::address_in_use) {
      throw boost::system::system_error(make_error_code(asio::error::address_in_use),
                                        "cannot listen on addr " + to_string(at) +
                                            ": another litefs-proxy serves it (fix: stop that one "
                                            "first, or give one of them another addr)");
    }
    if (failed) throw boost::system::system_error(failed, "cannot claim addr " + to_string(at));
  }
}

}  // namespace litefs::proxy
