#include "lost_mapping.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <mutex>
#include <set>

namespace litefs::python {

namespace {

// All that the handler looks at. It may call only what signal-safety(7) lists.
struct known_mounts {
  struct entry {
    std::atomic<std::uint64_t> device{0};
    std::atomic<char const*> path{nullptr};
  };
  std::mutex writing;
  std::set<std::string> paths;  // kept for ever: the handler may be reading one
  std::array<entry, 16> entries;
  std::size_t next = 0;
  struct sigaction before {};
  std::uintptr_t page_size = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
};

known_mounts& known() {
  static auto& all = *new known_mounts;  // outlives every thread
  return all;
}

// The lines of /proc/self/maps, read without allocating: "begin-end perms offset major:minor inode path".
class mappings {
 public:
  mappings() noexcept : fd_(::open("/proc/self/maps", O_RDONLY | O_CLOEXEC)) {}
  mappings(mappings const&) = delete;
  mappings& operator=(mappings const&) = delete;
  ~mappings() {
    if (fd_ >= 0) ::close(fd_);
  }

  // The st_dev of the file that is mapped at `address`; 0 if none is.
  [[nodiscard]] std::uint64_t device_at(std::uintptr_t address) noexcept {
    while (more()) {
      auto const begin = hex();
      auto const end = hex();
      skip_word();  // permissions
      hex();        // offset
      auto const major_id = hex();
      auto const minor_id = hex();
      if (begin <= address && address < end)
        return ::makedev(static_cast<unsigned>(major_id), static_cast<unsigned>(minor_id));
      while (more() && take() != '\n') {
      }
    }
    return 0;
  }

 private:
  [[nodiscard]] bool more() noexcept {
    if (at_ < size_) return true;
    auto const count = fd_ < 0 ? 0 : ::read(fd_, text_.data(), text_.size());
    at_ = 0;
    size_ = count > 0 ? static_cast<std::size_t>(count) : 0;
    return size_ > 0;
  }
  char take() noexcept { return more() ? text_[at_++] : '\n'; }
  std::uintptr_t hex() noexcept {  // with the one character that ends it
    std::uintptr_t value = 0;
    for (char c = take();; c = take()) {
      if (c >= '0' && c <= '9') {
        value = value * 16 + static_cast<std::uintptr_t>(c - '0');
      } else if (c >= 'a' && c <= 'f') {
        value = value * 16 + static_cast<std::uintptr_t>(c - 'a' + 10);
      } else {
        return value;
      }
    }
  }
  void skip_word() noexcept {
    for (char c = take(); c != ' ' && c != '\n';) c = take();
  }

  int fd_;
  std::array<char, 4096> text_{};
  std::size_t at_ = 0;
  std::size_t size_ = 0;
};

// A mount of ours that is dead, or has been replaced by another one.
bool is_lost(std::uint64_t device) noexcept {
  for (auto const& e : known().entries) {
    if (device == 0 || e.device.load(std::memory_order_acquire) != device) continue;
    char const* const path = e.path.load(std::memory_order_acquire);
    struct statfs system {};
    if (::statfs(path, &system) != 0) return errno == ENOTCONN || errno == ECONNABORTED;
    struct stat now {};
    return ::stat(path, &now) == 0 && now.st_dev != device;
  }
  return false;
}

bool replace_page(std::uintptr_t address) noexcept {
  auto const page_size = known().page_size;
  // NOLINTNEXTLINE(performance-no-int-to-ptr): where the fault was
  auto* const page = reinterpret_cast<void*>(address - address % page_size);
  int constexpr flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
  return ::mmap(page, page_size, PROT_READ | PROT_WRITE, flags, -1, 0) != MAP_FAILED;
}

extern "C" void on_bus_error(int, siginfo_t* info, void*) {
  int const error_before = errno;
  auto const address = reinterpret_cast<std::uintptr_t>(info->si_addr);
  bool const ours = is_lost(mappings().device_at(address)) && replace_page(address);
  // Not ours: the access is made again, and meets whoever handled the signal before.
  if (!ours) ::sigaction(SIGBUS, &known().before, nullptr);
  errno = error_before;
}

}  // namespace

void survive_loss(std::string const& mount, std::uint64_t device) {
  auto& all = known();
  std::lock_guard const locked(all.writing);
  for (auto const& e : all.entries)
    if (e.device.load(std::memory_order_relaxed) == device) return;
  auto& e = all.entries[all.next++ % all.entries.size()];
  e.device.store(0, std::memory_order_release);
  e.path.store(all.paths.insert(mount).first->c_str(), std::memory_order_release);
  e.device.store(device, std::memory_order_release);
  if (all.next > 1) return;
  struct sigaction ours {};
  ours.sa_sigaction = on_bus_error;
  ours.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
  ::sigaction(SIGBUS, &ours, &all.before);
}

}  // namespace litefs::python
