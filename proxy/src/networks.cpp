#include "litefs/proxy/networks.hpp"

#include <algorithm>

namespace litefs::proxy {

namespace ip = boost::asio::ip;

networks::networks(std::vector<std::string> const& prefixes) {
  for (auto const& text : prefixes) {
    boost::system::error_code ec;
    if (text.find(':') == std::string::npos) {
      auto const v4 = ip::make_network_v4(text.find('/') == std::string::npos ? text + "/32" : text, ec);
      if (!ec) v4_.push_back(v4.canonical());
    } else {
      auto const v6 = ip::make_network_v6(text.find('/') == std::string::npos ? text + "/128" : text, ec);
      if (!ec) v6_.push_back(v6.canonical());
    }
  }
}

bool networks::contains(ip::address const& a) const {
  if (a.is_v6() && a.to_v6().is_v4_mapped()) return contains(ip::make_address_v4(ip::v4_mapped, a.to_v6()));
  if (a.is_v4())
    return std::any_of(v4_.begin(), v4_.end(), [v4 = a.to_v4()](auto const& net) {
      return ip::make_network_v4(v4, net.prefix_length()).canonical() == net;
    });
  return std::any_of(v6_.begin(), v6_.end(), [v6 = a.to_v6()](auto const& net) {
    return ip::make_network_v6(v6, net.prefix_length()).canonical() == net;
  });
}

}  // namespace litefs::proxy
