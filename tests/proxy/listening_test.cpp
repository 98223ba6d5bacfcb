// Sockets of this process, which is the leader of no session of its own: its session is the test runner's.
#include "litefs/proxy/listening.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <string>

namespace litefs::proxy {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

std::string bound(tcp::acceptor const& a) { return ":" + std::to_string(a.local_endpoint().port()); }

TEST(listening, names_each_kind_of_socket) {
  asio::io_context context;
  tcp::acceptor const v4(context, tcp::endpoint(asio::ip::make_address("127.0.3.9"), 0));
  tcp::acceptor const v6(context, tcp::endpoint(asio::ip::make_address("::1"), 0));
  auto const path = testing::TempDir() + "listening-" + std::to_string(::getpid());
  asio::local::stream_protocol::acceptor const local(context, path);
  auto const found = listening(::getsid(0));
  EXPECT_THAT(found, testing::Contains("127.0.3.9" + bound(v4)));
  EXPECT_THAT(found, testing::Contains("[::1]" + bound(v6)));
  EXPECT_THAT(found, testing::Contains("unix:" + path));
  ::unlink(path.c_str());
}

TEST(listening, nothing_of_others) {
  asio::io_context context;
  tcp::acceptor const ours(context, tcp::endpoint(asio::ip::make_address("127.0.3.9"), 0));
  tcp::socket talking(context);
  talking.connect(ours.local_endpoint());  // a connection is no listener
  EXPECT_THAT(listening(1), testing::Not(testing::Contains("127.0.3.9" + bound(ours))));
  auto const port = ":" + std::to_string(talking.local_endpoint().port());
  EXPECT_THAT(listening(::getsid(0)), testing::Not(testing::Contains("127.0.0.1" + port)));
}

}  // namespace
}  // namespace litefs::proxy
