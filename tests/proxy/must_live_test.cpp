// A coroutine of the control plane that throws.
#include "litefs/proxy/must_live.hpp"

#include <gtest/gtest.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <stdexcept>

namespace litefs::proxy {
namespace {

boost::asio::awaitable<void> fails() {
  throw std::logic_error("unexpected");
  co_return;
}

TEST(must_live, an_exception_comes_out_of_run) {
  boost::asio::io_context context;
  boost::asio::co_spawn(context, fails(), must_live);
  EXPECT_THROW(context.run(), std::logic_error);
}

TEST(must_live, giving_up_says_why_and_ends_the_process) {
  EXPECT_EXIT(give_up(std::logic_error("odd")), ::testing::ExitedWithCode(70), "");
}

}  // namespace
}  // namespace litefs::proxy
