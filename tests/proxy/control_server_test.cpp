#include "litefs/proxy/control_server.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fstream>

#include "control_thread.hpp"
#include "litefs/proxy/http_call.hpp"

namespace litefs::proxy {
namespace {

namespace asio = boost::asio;

endpoint const any_port{.host = "127.0.0.1", .port = 0, .unix_path = {}};

// Two parts and no more.
class two_parts : public body_source {
 public:
  asio::awaitable<std::optional<std::string>> next() override {
    if (told_ == 2) co_return std::nullopt;
    co_return std::to_string(++told_) + ";";
  }

 private:
  int told_ = 0;
};

asio::awaitable<door_answer> echo(door_request from) {
  auto const& request = from.asked;
  if (request.target == "/parts") {
    door_answer parts(text_answer(200, ""), std::make_shared<two_parts>());
    co_return parts;
  }
  if (request.method != "GET") {
    own_response refused = text_answer(405, "GET only\n");
    refused.allow = "GET";
    co_return refused;
  }
  co_return text_answer(200, request.method + " " + request.target + " " + request.body);
}

struct served {
  explicit served(endpoint at) : server(thread.context, std::move(at), "admin-addr", echo) {
    asio::co_spawn(thread.context, server.run(), asio::detached);
  }
  ~served() {
    server.stop();
    thread.reap.stop();
    thread.context.restart();
    thread.context.run_for(std::chrono::seconds(1));
  }
  result<call_response> ask(call_request request) {
    result<call_response> answer = boost::system::error_code(asio::error::timed_out);
    thread.run([](served& self, call_request r, result<call_response>& into) -> asio::awaitable<void> {
      into = co_await call(self.server.bound(), std::move(r), call_limits{});
    }(*this, std::move(request), answer));
    return answer;
  }

  control_thread thread;
  control_server server;
};

std::string private_path() { return "/tmp/litefs-control-" + std::to_string(::getpid()) + ".sock"; }

TEST(control_server, answers_over_tcp_and_over_a_private_socket) {
  for (auto const& at : {any_port, endpoint{.host = {}, .port = 0, .unix_path = private_path()}}) {
    served s(at);
    auto const answer = s.ask(make_request("GET", "/x?y=1"));
    ASSERT_TRUE(answer) << answer.error().message();
    EXPECT_EQ(answer->result_int(), 200U);
    EXPECT_EQ(answer->body(), "GET /x?y=1 ");
    EXPECT_EQ((*answer)["Cache-Control"], "no-store");
    EXPECT_NE((*answer)["Content-Security-Policy"].find("default-src 'none'; script-src 'self';"),
              std::string_view::npos);
    auto const parts = s.ask(make_request("GET", "/parts"));
    ASSERT_TRUE(parts) << parts.error().message();
    EXPECT_EQ(parts->body(), "1;2;");
    auto const refused = s.ask(make_request("POST", "/x", "body"));
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->result_int(), 405U);
    EXPECT_EQ((*refused)["Allow"], "GET");
    struct stat found {};
    if (at.unix_path.empty()) {
      EXPECT_NE(s.server.bound().port, 0);
    } else {
      ASSERT_EQ(::stat(at.unix_path.c_str(), &found), 0);
      EXPECT_EQ(found.st_mode & 0777U, 0600U);
    }
  }
  EXPECT_NE(::access(private_path().c_str(), F_OK), 0) << "the socket is left behind";
}

TEST(control_server, an_address_that_is_taken_is_named_with_its_key) {
  control_thread thread;
  // A program that does not share its port, as the successor of a node would.
  asio::ip::tcp::acceptor const taken(thread.context, {asio::ip::make_address("127.0.0.1"), 0}, false);
  endpoint const there{.host = "127.0.0.1", .port = taken.local_endpoint().port(), .unix_path = {}};
  try {
    control_server const second(thread.context, there, "admin-addr", echo);
    FAIL() << "bound twice";
  } catch (boost::system::system_error const& e) {
    EXPECT_NE(std::string(e.what()).find("cannot listen on admin-addr 127.0.0.1:"), std::string::npos)
        << e.what();
  }
}

TEST(control_server, never_removes_a_file) {
  auto const path = private_path();
  std::ofstream(path) << "mine";
  control_thread t;
  EXPECT_THROW(control_server(t.context, {.host = {}, .port = 0, .unix_path = path}, "socket", echo),
               boost::system::system_error);
  std::string kept;
  std::ifstream(path) >> kept;
  EXPECT_EQ(kept, "mine");
  ::unlink(path.c_str());
}

// Clients that say nothing take places for some seconds; more than the bound are closed at once.
TEST(control_server, closes_clients_beyond_its_bound) {
  using tcp = asio::ip::tcp;
  served s(any_port);
  s.thread.run([](served& self) -> asio::awaitable<void> {
    tcp::endpoint const to(asio::ip::make_address("127.0.0.1"), self.server.bound().port);
    std::vector<tcp::socket> silent;
    for (std::size_t i = 0; i < control_server::clients_max; ++i) {
      silent.emplace_back(self.thread.context);
      co_await silent.back().async_connect(to, asio::use_awaitable);
    }
    auto const refused = co_await call(self.server.bound(), make_request("GET", "/"), call_limits{});
    EXPECT_FALSE(refused);
    silent.clear();
    condition::predicate never = [] { return false; };
    result<call_response> answer = refused;
    for (int i = 0; i < 100 && !answer; ++i) {
      answer = co_await call(self.server.bound(), make_request("GET", "/"), call_limits{});
      if (!answer) co_await self.thread.changed.wait(in_ms(20), never);
    }
    EXPECT_TRUE(answer) << "places are not given back";
  }(s));
}

}  // namespace
}  // namespace litefs::proxy
