// The addresses that this process serves, claimed against a second start: SO_REUSEPORT alone would let both
// processes listen, and the kernel would split the connections between them.
//
// A claim is an abstract unix socket named after the address: it lives in the network namespace, as the port
// does, ends with the process, and leaves no file. Port 0 and unix paths need none. The constructor throws
// boost::system::system_error that names the address and the fix.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <vector>

#include "litefs/config.hpp"

namespace litefs::proxy {

class address_claims {
 public:
  // `later`: those whose sockets came from a predecessor, which holds its claims until it has ended.
  address_claims(std::vector<endpoint> const& addresses, std::vector<endpoint> later = {});

  // True once nothing is left to claim; to be tried again until then.
  bool claim_the_rest();

 private:
  boost::system::error_code claim(endpoint const& at);

  boost::asio::io_context context_{1};  // never run: sockets want one
  std::vector<boost::asio::local::stream_protocol::socket> held_;
  std::vector<endpoint> later_;
};

}  // namespace litefs::proxy
