#include "stall_breaker.hpp"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <thread>

#include "litefs/mount.hpp"

namespace litefs::python {

namespace {

using std::chrono::milliseconds;

int this_thread() noexcept {
  thread_local int const id = static_cast<int>(::syscall(SYS_gettid));
  return id;
}

std::int64_t now_ms() noexcept {
  auto const since_boot = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<milliseconds>(since_boot).count();
}

extern "C" void wake_up(int) {}

bool take_signal() noexcept {
  struct sigaction current {};
  if (::sigaction(SIGURG, nullptr, &current) != 0) return false;
  bool const free =
      (current.sa_flags & SA_SIGINFO) == 0 &&
      (current.sa_handler == SIG_DFL || current.sa_handler == SIG_IGN || current.sa_handler == wake_up);
  if (!free) return false;
  struct sigaction ours {};
  ours.sa_handler = wake_up;
  ours.sa_flags = SA_RESTART;  // sleeps end all the same, other calls go on
  return ::sigaction(SIGURG, &ours, nullptr) == 0;
}

}  // namespace

stall_breaker::stall_breaker(std::string mount) : mount_(std::move(mount)) {
  if (!take_signal()) return;
  // The app's signals are for its own threads: the watchdog starts, and stays, with all of them blocked.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread([this] { watch(); }).detach();
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

int stall_breaker::enter(std::uint64_t device) noexcept {
  auto const thread = this_thread();
  for (std::size_t tried = 0; tried < statements_max; ++tried) {
    auto const place = (static_cast<std::size_t>(thread) + tried) % statements_max;
    auto& s = statements_[place];
    if (int free = 0;
        s.thread.load(std::memory_order_relaxed) == 0 && s.thread.compare_exchange_strong(free, -1)) {
      s.device.store(device, std::memory_order_relaxed);
      s.begun_ms.store(now_ms(), std::memory_order_relaxed);
      s.thread.store(thread, std::memory_order_release);
      return static_cast<int>(place);
    }
  }
  return -1;
}

void stall_breaker::leave(int place) noexcept {
  if (place >= 0) statements_[static_cast<std::size_t>(place)].thread.store(0, std::memory_order_release);
}

void stall_breaker::watch() noexcept {
  for (;;) {
    std::this_thread::sleep_for(tick);
    while (any_suspicious() && interrupt_stalled()) std::this_thread::sleep_for(milliseconds(1));
  }
}

bool stall_breaker::any_suspicious() const noexcept {
  auto const latest = now_ms() - suspicious.count();
  for (auto const& s : statements_)
    if (s.thread.load(std::memory_order_acquire) > 0 && s.begun_ms.load(std::memory_order_relaxed) <= latest)
      return true;
  return false;
}

bool stall_breaker::interrupt_stalled() noexcept {
  auto const found = inspect_mount(mount_);
  auto const latest = now_ms() - suspicious.count();
  bool any = false;
  for (auto const& s : statements_) {
    auto const thread = s.thread.load(std::memory_order_acquire);
    if (thread <= 0 || s.begun_ms.load(std::memory_order_relaxed) > latest) continue;
    if (found && found->device == s.device.load(std::memory_order_relaxed)) continue;
    // By kernel id: if the thread has ended meanwhile this fails, or wakes a sleep of another one, no more.
    ::syscall(SYS_tgkill, ::getpid(), thread, SIGURG);
    any = true;
  }
  return any;
}

}  // namespace litefs::python
