#include "litefs/proxy/http_call.hpp"

#include <optional>

#include <gtest/gtest.h>

#include "control_thread.hpp"
#include "scripted_upstream.hpp"

namespace litefs::proxy {
namespace {

namespace asio = boost::asio;

TEST(endpoint_of_url, table) {
  struct row {
    char const* url;
    std::optional<endpoint> expected;
  };
  for (auto const& r :
       {row{"http://n0:8081", endpoint{"n0", 8081, ""}}, row{"http://n0:8081/", endpoint{"n0", 8081, ""}},
        row{"http://n0", endpoint{"n0", 80, ""}}, row{"http://[::1]:81", endpoint{"::1", 81, ""}},
        row{"http://[::1]", endpoint{"::1", 80, ""}}, row{"https://n0", endpoint{"n0", 443, "", true}},
        row{"http://", std::nullopt}, row{"http://n0/x", std::nullopt}, row{"http://u@n0", std::nullopt},
        row{"http://unix:/run/x", std::nullopt}, row{"http://unix:x", std::nullopt}}) {
    EXPECT_EQ(endpoint_of_url(r.url), r.expected) << r.url;
  }
}

TEST(call, a_refused_connection_is_an_error) {
  control_thread t;
  t.run([]() -> asio::awaitable<void> {
    endpoint const nobody{.host = "127.0.0.1", .port = 1, .unix_path = ""};
    auto const answer = co_await call(nobody, make_request("GET", "/"), call_limits{});
    EXPECT_FALSE(answer);
    endpoint const no_socket{.host = "", .port = 0, .unix_path = "/no/such/socket"};
    auto const none = co_await call(no_socket, make_request("GET", "/"), call_limits{});
    EXPECT_FALSE(none);
  }());
}

// As a readiness probe asks: the app's front page may be of any size.
TEST(call, a_head_is_enough_if_the_caller_says_so) {
  test::scripted_upstream app{"HTTP/1.1 200 OK\r\nContent-Length: 2097152\r\n\r\nbegin"};
  control_thread t;
  t.run([](std::uint16_t port) -> asio::awaitable<void> {
    endpoint const to{.host = "127.0.0.1", .port = port, .unix_path = ""};
    call_limits limits;
    auto const whole = co_await call(to, make_request("GET", "/"), limits);
    EXPECT_FALSE(whole);
    limits.head_only = true;
    auto const head = co_await call(to, make_request("GET", "/"), limits);
    EXPECT_TRUE(head) << head.error().message();
  }(app.port()));
}

}  // namespace
}  // namespace litefs::proxy
