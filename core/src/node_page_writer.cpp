#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <cstdio>

#include "node_page_layout.hpp"

namespace litefs {
namespace {

[[noreturn]] void fail(std::string const& what) {
  throw boost::system::system_error(errno, boost::system::system_category(), what);
}

[[noreturn]] void fail_without(std::string const& file, std::string const& what) {
  int const error = errno;
  ::unlink(file.c_str());
  errno = error;
  fail(what);
}

}  // namespace

page::descriptor::~descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

struct node_page_writer::mapping {
  std::string path;
  ::ino_t inode = 0;
  page::layout* shared = nullptr;
};

// Made beside its final place and renamed, so that a reader never maps a page that is half there.
node_page_writer::node_page_writer(std::string const& path) : mapping_(std::make_unique<mapping>()) {
  auto const temporary = path + '.' + std::to_string(::getpid());
  ::unlink(temporary.c_str());
  page::descriptor const file(
      ::open(temporary.c_str(), O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0644));
  struct stat status {};
  if (file.get() < 0) fail("cannot create the node page " + temporary);
  // Its memory now: on a full /dev/shm a file that was only made longer ends in SIGBUS at the first write.
  errno = ::posix_fallocate(file.get(), 0, sizeof(page::layout));
  if (errno != 0 || ::fchmod(file.get(), 0644) != 0 || ::fstat(file.get(), &status) != 0)
    fail_without(temporary, "cannot create the node page " + temporary);
  void* const memory =
      ::mmap(nullptr, sizeof(page::layout), PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  if (memory == MAP_FAILED) fail_without(temporary, "cannot map the node page " + temporary);
  mapping_->path = path;
  mapping_->inode = status.st_ino;
  mapping_->shared = new (memory) page::layout{};
  publish({});
  mapping_->shared->magic.store(page::magic, std::memory_order_release);
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    int const error = errno;
    ::munmap(memory, sizeof(page::layout));
    errno = error;
    fail_without(temporary, "cannot create the node page " + path);
  }
}

node_page_writer::~node_page_writer() {
  struct stat status {};
  bool const still_ours = ::stat(mapping_->path.c_str(), &status) == 0 && status.st_ino == mapping_->inode;
  if (still_ours) ::unlink(mapping_->path.c_str());
  ::munmap(mapping_->shared, sizeof(page::layout));
}

void node_page_writer::publish(node_facts const& facts) {
  page::payload bytes;
  bytes.device = facts.mount_device;
  bytes.role = static_cast<std::uint8_t>(facts.role);
  bytes.mount_alive = facts.mount_alive ? 1 : 0;
  bytes.frozen = facts.frozen ? 1 : 0;
  bytes.primary_size = static_cast<std::uint8_t>(std::min(facts.primary.size(), page::primary_max));
  bytes.id_size = static_cast<std::uint8_t>(std::min(facts.litefs_id.size(), page::id_max));
  std::copy_n(facts.primary.begin(), bytes.primary_size, bytes.primary.begin());
  std::copy_n(facts.litefs_id.begin(), bytes.id_size, bytes.id.begin());

  auto& shared = *mapping_->shared;
  auto const words = std::bit_cast<std::array<std::uint64_t, page::words>>(bytes);
  auto const sequence = shared.sequence.load(std::memory_order_relaxed);
  shared.sequence.store(sequence + 1, std::memory_order_relaxed);
  // Release: whoever sees one of these words also sees the odd sequence.
  for (std::size_t i = 0; i < words.size(); ++i) shared.data[i].store(words[i], std::memory_order_release);
  shared.sequence.store(sequence + 2, std::memory_order_release);
  beat();
}

read_gate& node_page_writer::gate() noexcept { return mapping_->shared->gate; }

void node_page_writer::beat() noexcept {
  mapping_->shared->beat_ms.store(page::now_ms(), std::memory_order_release);
}

}  // namespace litefs
