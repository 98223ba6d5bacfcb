#include "litefs/proxy/child.hpp"

#include "litefs/proxy/reaper.hpp"

#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace litefs::proxy {

namespace {

constexpr int exec_failed = 127;
constexpr unsigned descriptors_max = 65536;  // for kernels without close_range

// argv and envp in the form exec wants; made before fork(), since nothing may be allocated after it.
class exec_strings {
 public:
  explicit exec_strings(std::vector<std::string> strings) : strings_(std::move(strings)) {
    for (auto& s : strings_) pointers_.push_back(s.data());
    pointers_.push_back(nullptr);
  }
  [[nodiscard]] char* const* data() const noexcept { return pointers_.data(); }

 private:
  std::vector<std::string> strings_;
  std::vector<char*> pointers_;
};

std::vector<std::string> merged_environment(std::map<std::string, std::string> const& added) {
  std::vector<std::string> all;
  for (char** e = environ; *e != nullptr; ++e) {
    std::string const entry = *e;
    if (!added.contains(entry.substr(0, entry.find('=')))) all.push_back(entry);
  }
  for (auto const& [name, value] : added) all.push_back(name + "=" + value);
  return all;
}

// Marks every descriptor from `first` on to be closed by exec (not before: the error pipe is among them).
void close_on_exec_from(unsigned first) noexcept {
  if (::syscall(SYS_close_range, first, ~0U, CLOSE_RANGE_CLOEXEC) == 0) return;
  for (unsigned fd = first; fd < descriptors_max; ++fd) ::fcntl(static_cast<int>(fd), F_SETFD, FD_CLOEXEC);
}

void default_signals() noexcept {
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  // exec resets handlers but keeps "ignored"; servers rely on SIGPIPE and SIGCHLD being as usual.
  for (int const number : {SIGPIPE, SIGCHLD, SIGINT, SIGTERM, SIGHUP}) ::signal(number, SIG_DFL);
}

bool arrange_descriptors(child_options const& options) noexcept {
  int const null = ::open("/dev/null", O_RDONLY);
  if (null < 0 || ::dup2(null, STDIN_FILENO) < 0) return false;
  if (options.output >= 0 &&
      (::dup2(options.output, STDOUT_FILENO) < 0 || ::dup2(options.output, STDERR_FILENO) < 0)) {
    return false;
  }
  if (options.channel < 0) {
    close_on_exec_from(channel_descriptor);
    return true;
  }
  close_on_exec_from(channel_descriptor + 1);
  if (options.channel == channel_descriptor) return ::fcntl(channel_descriptor, F_SETFD, 0) == 0;
  return ::dup2(options.channel, channel_descriptor) >= 0;
}

bool become_user(child_options const& options) noexcept {
  if (!options.as) return true;
  auto const& who = *options.as;
  return ::setgroups(who.groups.size(), who.groups.data()) == 0 && ::setgid(who.group) == 0 &&
         ::setuid(who.user) == 0;
}

// Between fork and exec: async-signal-safe calls only.
[[noreturn]] void become(child_options const& options, pid_t parent, char* const* argv, char* const* envp,
                         int errors) noexcept {
  ::setsid();
  bool const ourselves = become_user(options);
  int const refused = errno;
  ::prctl(PR_SET_PDEATHSIG, options.death_signal);  // after the change of user, which forgets it
  if (::getppid() != parent) ::_exit(exec_failed);  // it died before prctl could count
  default_signals();
  // The error pipe must survive the arrangement of descriptors 0..3.
  int const report = ::fcntl(errors, F_DUPFD_CLOEXEC, channel_descriptor + 1);
  bool const prepared =
      ourselves && arrange_descriptors(options) && (options.cwd.empty() || ::chdir(options.cwd.c_str()) == 0);
  if (prepared) ::execvpe(argv[0], argv, envp);
  int const failure = ourselves ? errno : refused;
  [[maybe_unused]] auto const told = ::write(report, &failure, sizeof failure);
  ::_exit(exec_failed);
}

boost::system::error_code last_error() noexcept { return {errno, boost::system::system_category()}; }

}  // namespace

result<std::unique_ptr<child>> child::spawn(reaper& r, child_options const& options) {
  exec_strings const argv(options.cmd);
  auto added = options.env;
  if (options.as) {
    added.insert_or_assign("HOME", options.as->home);
    added.insert_or_assign("USER", options.as->name);
    added.insert_or_assign("LOGNAME", options.as->name);
  }
  exec_strings const envp(merged_environment(added));
  std::array<int, 2> errors{};
  if (::pipe2(errors.data(), O_CLOEXEC) != 0) return last_error();
  pid_t const parent = ::getpid();
  pid_t const pid = ::fork();
  if (pid == 0) become(options, parent, argv.data(), envp.data(), errors[1]);
  auto const fork_error = last_error();
  ::close(errors[1]);
  int failure = 0;
  bool const failed = pid > 0 && ::read(errors[0], &failure, sizeof failure) == sizeof failure;
  ::close(errors[0]);
  if (pid < 0) return fork_error;
  if (failed) {
    ::waitpid(pid, nullptr, 0);
    return boost::system::error_code(failure, boost::system::system_category());
  }
  return std::unique_ptr<child>(new child(r, pid));
}

child::child(reaper& r, pid_t pid) : reaper_(r), pid_(pid) {
  reaper_.watch(pid, [this](int status) {
    exit_code_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  });
}

child::~child() {
  if (!running()) return;
  reaper_.forget(pid_);
  signal_group(SIGKILL);
}

void child::signal(int number) const noexcept {
  if (running()) ::kill(pid_, number);
}

void child::signal_group(int number) const noexcept { ::kill(-pid_, number); }

}  // namespace litefs::proxy
