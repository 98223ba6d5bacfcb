// Which TCP peers are trusted proxies: a list of addresses and CIDR prefixes. Immutable, thread-safe.
//
// The configuration has validated the list; an entry that is no prefix matches nothing.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <string>
#include <vector>

namespace litefs::proxy {

class networks {
 public:
  explicit networks(std::vector<std::string> const& prefixes);
  [[nodiscard]] bool contains(boost::asio::ip::address const& a) const;

 private:
  std::vector<boost::asio::ip::network_v4> v4_;
  std::vector<boost::asio::ip::network_v6> v6_;
};

}  // namespace litefs::proxy
