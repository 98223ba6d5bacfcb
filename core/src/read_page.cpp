#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "litefs/read_pages.hpp"
#include "node_page_layout.hpp"
#include "read_page_layout.hpp"

namespace litefs {

struct read_page::mapping {
  explicit mapping(int fd) noexcept : file(fd) {}
  mapping(mapping const&) = delete;
  mapping& operator=(mapping const&) = delete;
  ~mapping() {
    if (shared != nullptr) ::munmap(shared, sizeof(page::reads_layout));
  }
  page::descriptor file;  // its lock says that we live
  page::reads_layout* shared = nullptr;
};

read_page::read_page(std::unique_ptr<mapping> m) noexcept : mapping_(std::move(m)) {}
read_page::read_page(read_page&&) noexcept = default;
read_page& read_page::operator=(read_page&&) noexcept = default;
read_page::~read_page() = default;

std::string read_pages_folder(std::string const& node_page) { return node_page + ".reads"; }

result<read_page> read_page::create(std::string const& folder) {
  // A random name would do as well; this one tells the process's id.
  auto const path = folder + '/' + std::to_string(::getpid());
  ::unlink(path.c_str());  // of an earlier process with our id, or of before a restart of the proxy
  auto mapped = std::make_unique<mapping>(
      ::open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0644));
  int const fd = mapped->file.get();
  if (fd < 0) return errno == ENOENT ? errc::page_absent : errc::page_foreign;
  // Locked before it has its size: shorter ones are not looked at.
  bool const made = ::flock(fd, LOCK_EX | LOCK_NB) == 0 && ::fchmod(fd, 0644) == 0 &&
                    ::posix_fallocate(fd, 0, sizeof(page::reads_layout)) == 0;
  void* const memory =
      made ? ::mmap(nullptr, sizeof(page::reads_layout), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)
           : MAP_FAILED;
  if (memory == MAP_FAILED) {
    ::unlink(path.c_str());
    return errc::page_foreign;
  }
  mapped->shared = new (memory) page::reads_layout{};
  mapped->shared->magic.store(page::reads_magic, std::memory_order_release);
  return read_page(std::move(mapped));
}

int read_page::begin() noexcept {
  auto const now = page::now_ms();
  auto& places = mapping_->shared->begun_ms;
  for (std::size_t place = 0; place < places.size(); ++place) {
    std::uint64_t free = 0;
    if (places[place].load(std::memory_order_relaxed) == 0 &&
        places[place].compare_exchange_strong(free, now, std::memory_order_relaxed)) {
      return static_cast<int>(place);
    }
  }
  return -1;
}

void read_page::end(int place) noexcept {
  if (place < 0 || static_cast<std::size_t>(place) >= reads_max) return;
  mapping_->shared->begun_ms[static_cast<std::size_t>(place)].store(0, std::memory_order_relaxed);
}

void read_page::count(read_count what) noexcept {
  mapping_->shared->counts[static_cast<std::size_t>(what)].fetch_add(1, std::memory_order_relaxed);
}

}  // namespace litefs
