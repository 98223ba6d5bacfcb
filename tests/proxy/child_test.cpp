#include "litefs/proxy/child.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "control_thread.hpp"

namespace litefs::proxy {
namespace {

namespace asio = boost::asio;

constexpr int bound = 5'000;

child_options shell(std::string script) {
  child_options options;
  options.cmd = {"sh", "-c", std::move(script)};
  return options;
}

asio::awaitable<void> run_to_end(control_thread& t, child_options options, int& code) {
  auto spawned = child::spawn(t.reap, options);
  EXPECT_TRUE(spawned) << spawned.error().message();
  if (!spawned) co_return;
  auto& process = **spawned;
  condition::predicate ended = [&process] { return !process.running(); };
  EXPECT_TRUE(co_await t.changed.wait(in_ms(bound), ended));
  code = process.exit_code().value_or(-1);
}

int exit_code_of(child_options options) {
  control_thread t;
  int code = -1;
  t.run(run_to_end(t, std::move(options), code));
  return code;
}

TEST(child, tells_its_exit_code) {
  EXPECT_EQ(exit_code_of(shell("exit 0")), 0);
  EXPECT_EQ(exit_code_of(shell("exit 7")), 7);
  EXPECT_EQ(exit_code_of(shell("kill -9 $$")), 128 + 9);
}

TEST(child, runs_as_another_user) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
  auto const nobody = find_identity("nobody");
  ASSERT_TRUE(nobody);
  auto options = shell(R"sh([ "$(id -un)" = nobody ] && [ "$USER" = nobody ] && [ "$HOME" = "$WANTED" ] &&
                          [ "$(id -G)" = "$(id -G nobody)" ])sh");
  options.as = *nobody;
  options.env = {{"WANTED", nobody->home}};
  EXPECT_EQ(exit_code_of(options), 0);
  EXPECT_FALSE(find_identity("no-such-user"));
}

TEST(child, says_why_it_cannot_start) {
  control_thread t;
  child_options missing;
  missing.cmd = {"/no/such/program"};
  auto const spawned = child::spawn(t.reap, missing);
  ASSERT_FALSE(spawned);
  EXPECT_EQ(spawned.error(), boost::system::errc::no_such_file_or_directory);
  auto lost = shell("exit 0");
  lost.cwd = "/no/such/folder";
  EXPECT_EQ(child::spawn(t.reap, lost).error(), boost::system::errc::no_such_file_or_directory);
}

TEST(child, runs_in_its_own_session_with_default_signals) {
  EXPECT_EQ(exit_code_of(shell("test $(ps -o sid= -p $$) -eq $$")), 0);
  EXPECT_EQ(exit_code_of(shell("test -z \"$(cat)\"")), 0) << "stdin is not empty";
  // No signal blocked; of the ignored ones, SIGPIPE (bit 13) is not among them.
  EXPECT_EQ(exit_code_of(shell("grep -q 'SigBlk:.0000000000000000' /proc/self/status")), 0);
  EXPECT_EQ(exit_code_of(shell("test $((0x$(sed -n 's/SigIgn:.//p' /proc/self/status) & 0x1000)) -eq 0")), 0);
}

TEST(child, gets_its_environment_added) {
  auto options = shell("test \"$LITEFS_TEST_A\" = b && test -n \"$PATH\"");
  options.env["LITEFS_TEST_A"] = "b";
  EXPECT_EQ(exit_code_of(options), 0);
}

TEST(child, inherits_no_descriptor_but_its_channel) {
  int const leaky = ::fcntl(STDIN_FILENO, F_DUPFD, 50);  // without O_CLOEXEC, and not the channel's number
  ASSERT_GE(leaky, 50);
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  auto const none_leaked = "test ! -e /proc/$$/fd/" + std::to_string(leaky);
  EXPECT_EQ(exit_code_of(shell(none_leaked)), 0);
  auto options = shell("printf x >&3; " + none_leaked);
  options.channel = ends[1];
  EXPECT_EQ(exit_code_of(options), 0);
  char got = 0;
  EXPECT_EQ(::read(ends[0], &got, 1), 1);
  EXPECT_EQ(got, 'x');
  for (int const fd : {leaky, ends[0], ends[1]}) ::close(fd);
}

TEST(child, dies_with_its_group_when_it_is_dropped) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  {
    control_thread t;
    auto options = shell("sleep 1000 & sleep 1000");
    options.output = ends[1];
    ASSERT_TRUE(child::spawn(t.reap, options));
  }
  ::close(ends[1]);
  char none = 0;
  EXPECT_EQ(::read(ends[0], &none, 1), 0) << "somebody of the group still holds the pipe";
  ::close(ends[0]);
}

}  // namespace
}  // namespace litefs::proxy
