#include "litefs/proxy/successor.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <fstream>
#include <iterator>

namespace litefs::proxy {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr int first_descriptor = 3;
constexpr std::chrono::seconds start_max{30};

error_code last_error() noexcept { return {errno, boost::system::system_category()}; }

std::vector<char*> pointers_to(std::vector<std::string>& strings) {
  std::vector<char*> all;
  for (auto& s : strings) all.push_back(s.data());
  all.push_back(nullptr);
  return all;
}

std::vector<std::string> environment_with(int listeners) {
  std::vector<std::string> all;
  for (char** e = environ; *e != nullptr; ++e) all.emplace_back(*e);
  all.push_back(fmt::format("{}={}", listeners_variable, listeners));
  all.push_back(fmt::format("{}={}", ready_variable, first_descriptor + listeners));
  return all;
}

// Copies above all places that the child arranges, so that no dup2() overwrites what is still to be placed.
std::vector<int> out_of_the_way(std::vector<int> const& descriptors) {
  std::vector<int> copies;
  int const above = first_descriptor + static_cast<int>(descriptors.size());
  for (int const fd : descriptors) copies.push_back(::fcntl(fd, F_DUPFD_CLOEXEC, above));
  return copies;
}

// Between fork and exec: async-signal-safe calls only.
[[noreturn]] void become(std::vector<int> const& copies, char const* program, char* const* argv,
                         char* const* envp) noexcept {
  int next = first_descriptor;
  for (int const fd : copies) ::dup2(fd, next++);
  ::syscall(SYS_close_range, static_cast<unsigned>(next), ~0U, 0U);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execve(program, argv, envp);
  ::_exit(127);
}

}  // namespace

own_command::own_command() {
  std::array<char, 4096> path{};
  auto const n = ::readlink("/proc/self/exe", path.data(), path.size());
  if (n > 0) program.assign(path.data(), static_cast<std::size_t>(n));
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  for (std::string word; std::getline(file, word, '\0');) arguments.push_back(word);
}

asio::awaitable<result<void>> start_successor(asio::io_context& context, own_command const& command,
                                              std::vector<int> listeners) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) co_return last_error();
  asio::posix::stream_descriptor ready(context, ends[0]);
  auto words = command.arguments;
  auto variables = environment_with(static_cast<int>(listeners.size()));
  auto const argv = pointers_to(words);
  auto const envp = pointers_to(variables);
  listeners.push_back(ends[1]);
  auto const copies = out_of_the_way(listeners);
  pid_t const pid = ::fork();
  if (pid == 0) become(copies, command.program.c_str(), argv.data(), envp.data());
  auto const failed_fork = last_error();
  for (int const fd : copies) ::close(fd);
  ::close(ends[1]);
  if (pid < 0) co_return failed_fork;
  spdlog::info("process {} is to take over", pid);

  asio::steady_timer limit(context, start_max);
  limit.async_wait([&ready](error_code cancelled) {
    error_code ignored;
    if (!cancelled) ready.cancel(ignored);
  });
  std::array<char, 1> byte{};
  error_code failed;
  co_await asio::async_read(ready, asio::buffer(byte), asio::redirect_error(asio::use_awaitable, failed));
  limit.cancel();
  if (!failed) co_return result<void>();
  ::kill(pid, SIGKILL);  // harmless if it has ended: it is ours to reap
  co_return failed == asio::error::eof ? make_error_code(asio::error::operation_aborted)
                                       : make_error_code(asio::error::timed_out);
}

}  // namespace litefs::proxy
