// Accepting while descriptors are short.
#include "litefs/proxy/listener.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <sstream>

#include "front_door.hpp"

namespace litefs::proxy::test {
namespace {

constexpr std::string_view live = "GET /litefs/live HTTP/1.1\r\nHost: h\r\nX: y\r\n\r\n";

bool one_message(std::string_view b) { return message_size(b) > 0; }

// While it lives, this process gets no new descriptor.
class no_descriptors {
 public:
  no_descriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    int const lowest_free = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    ::close(lowest_free);
    rlimit less = before_;
    less.rlim_cur = static_cast<rlim_t>(lowest_free);
    ::setrlimit(RLIMIT_NOFILE, &less);
  }
  no_descriptors(no_descriptors const&) = delete;
  no_descriptors& operator=(no_descriptors const&) = delete;
  ~no_descriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

// What is logged while it lives.
class log_kept {
 public:
  log_kept() {
    spdlog::set_default_logger(
        std::make_shared<spdlog::logger>("kept", std::make_shared<spdlog::sinks::ostream_sink_mt>(text_)));
  }
  log_kept(log_kept const&) = delete;
  log_kept& operator=(log_kept const&) = delete;
  ~log_kept() { spdlog::set_default_logger(before_); }
  [[nodiscard]] std::string text() const { return text_.str(); }  // once nobody logs any more

 private:
  std::shared_ptr<spdlog::logger> before_ = spdlog::default_logger();
  std::ostringstream text_;
};

std::chrono::nanoseconds processor_time() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

TEST(listener, without_descriptors_it_pauses_and_serves_whom_it_has) {
  log_kept const log;
  front_door door(single_config(1));
  auto served = door.connect();
  served.send(live);
  ASSERT_EQ(status_of(served.receive_until(one_message)), 200);
  auto waiting = raw_socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  {
    no_descriptors const none;
    auto const at = raw_socket::loopback(door.port());
    ASSERT_EQ(::connect(waiting.fd(), reinterpret_cast<sockaddr const*>(&at), sizeof at), 0);
    waiting.send(live);
    auto const before = processor_time();
    EXPECT_EQ(waiting.receive(std::chrono::milliseconds(400)), "");
    EXPECT_TRUE(waiting.timed_out);
    EXPECT_LT(processor_time() - before, std::chrono::milliseconds(200)) << "it spins";
    served.send(live);
    EXPECT_EQ(status_of(served.receive_until(one_message)), 200);
  }
  EXPECT_EQ(status_of(waiting.receive_until(one_message)), 200);
  auto const first = log.text().find("cannot accept");
  EXPECT_NE(first, std::string::npos);
  EXPECT_EQ(log.text().find("cannot accept", first + 1), std::string::npos) << log.text();
}

}  // namespace
}  // namespace litefs::proxy::test
