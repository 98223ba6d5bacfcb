#include "halt_holder.hpp"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "litefs/halt_lock.hpp"

namespace litefs::python {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int first_descriptor = 3;              // 0 to 2 stay, so that none of them becomes the lock
constexpr unsigned int unshare_descriptors = 2;  // CLOSE_RANGE_UNSHARE
constexpr unsigned int all_descriptors = ~0U;

bool leave_descriptor_table() noexcept {
  return ::syscall(SYS_close_range, first_descriptor, all_descriptors, unshare_descriptors) == 0;
}

}  // namespace

struct halt_holder::shared {
  std::mutex mutex;
  std::condition_variable changed;
  halt_holder::state state = halt_holder::state::waiting;
  bool wanted = true;
  std::string problem;

  void become(halt_holder::state next, std::string why = "") {
    std::lock_guard const locked(mutex);
    state = next;
    problem = std::move(why);
    changed.notify_all();
  }

  void hold(std::string const& mount, std::string const& database, steady_clock::time_point until) {
    if (!leave_descriptor_table()) return become(state::refused, "close_range() needs Linux 5.9 or newer");
    auto lock = halt_lock::open(mount, database);
    if (lock.has_error()) return become(state::refused, lock.error().message());
    if (auto const acquired = lock->acquire(); acquired.has_error()) {
      return become(state::refused, acquired.error().message());
    }
    become(state::held);
    {
      std::unique_lock locked(mutex);
      changed.wait_until(locked, until, [this] { return !wanted; });
    }
    auto const released = lock->release();
    become(state::released, released.has_error() ? released.error().message() : "");
  }
};

halt_holder::halt_holder(std::string mount, std::string database, milliseconds hold_max)
    : shared_(std::make_shared<shared>()), owner_(::getpid()) {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread([kept = shared_, mount = std::move(mount), database = std::move(database),
               until = steady_clock::now() + hold_max] {
    kept->hold(mount, database, until);
  }).detach();
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

halt_holder::~halt_holder() {
  // In a forked child the mutex may be locked for ever, by a thread that is not there.
  if (::getpid() == owner_) release(milliseconds(0));
}

halt_holder::state halt_holder::wait_acquired(milliseconds at_most) const {
  if (::getpid() != owner_) return state::released;
  std::unique_lock locked(shared_->mutex);
  shared_->changed.wait_for(locked, at_most, [this] { return shared_->state != state::waiting; });
  return shared_->state;
}

bool halt_holder::release(milliseconds at_most) {
  if (::getpid() != owner_) return true;
  std::unique_lock locked(shared_->mutex);
  shared_->wanted = false;
  shared_->changed.notify_all();
  return shared_->changed.wait_for(locked, at_most, [this] {
    return shared_->state == state::released || shared_->state == state::refused;
  });
}

std::string halt_holder::problem() const {
  if (::getpid() != owner_) return "";
  std::lock_guard const locked(shared_->mutex);
  return shared_->problem;
}

}  // namespace litefs::python
