#include "litefs/proxy/address_claims.hpp"

#include <boost/asio/error.hpp>
#include <string>
#include <utility>

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

address_claims::address_claims(std::vector<endpoint> const& addresses, std::vector<endpoint> later)
    : later_(std::move(later)) {
  for (auto const& at : addresses) {
    auto const failed = claim(at);
    if (failed == asio::error::address_in_use) {
      throw boost::system::system_error(make_error_code(asio::error::address_in_use),
                                        "cannot listen on addr " + to_string(at) +
                                            ": another litefs-proxy serves it (fix: stop that one "
                                            "first, or give one of them another addr)");
    }
    if (failed) throw boost::system::system_error(failed, "cannot claim addr " + to_string(at));
  }
}

bool address_claims::claim_the_rest() {
  std::erase_if(later_, [this](endpoint const& at) { return !claim(at); });
  return later_.empty();
}

boost::system::error_code address_claims::claim(endpoint const& at) {
  boost::system::error_code failed;
  if (!at.unix_path.empty() || at.port == 0) return failed;
  local::socket socket(context_, local());
  socket.bind(local::endpoint(name_of(at)), failed);
  if (!failed) held_.push_back(std::move(socket));
  return failed;
}

}  // namespace litefs::proxy
