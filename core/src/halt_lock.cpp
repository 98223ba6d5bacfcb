#include "litefs/halt_lock.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace litefs {
namespace {

constexpr ::off_t halt_byte = 72;

boost::system::error_code last_error() noexcept {
  if (errno == ENOTCONN || errno == ECONNABORTED) return errc::mount_dead;
  return {errno, boost::system::system_category()};
}

struct flock on_halt_byte(short type) noexcept {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = halt_byte;
  lock.l_len = 1;
  return lock;
}

result<int> open_lock_file(std::string const& mount, std::string_view database) {
  auto const path = mount + '/' + std::string(database) + "-lock";
  int const fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return last_error();
  return fd;
}

}  // namespace

result<halt_lock> halt_lock::open(std::string const& mount, std::string_view database) {
  auto const fd = open_lock_file(mount, database);
  if (fd.has_error()) return fd.error();
  return halt_lock(*fd);
}

halt_lock::halt_lock(halt_lock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

halt_lock& halt_lock::operator=(halt_lock&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

halt_lock::~halt_lock() {
  if (fd_ >= 0) ::close(fd_);
}

result<void> halt_lock::acquire() noexcept {
  auto wanted = on_halt_byte(F_WRLCK);
  while (::fcntl(fd_, F_OFD_SETLKW, &wanted) != 0) {
    if (errno != EINTR) return last_error();
  }
  return {};
}

result<void> halt_lock::release() noexcept {
  auto none = on_halt_byte(F_UNLCK);
  while (::fcntl(fd_, F_OFD_SETLK, &none) != 0) {
    if (errno != EINTR) return last_error();
  }
  return {};
}

result<bool> is_halted(std::string const& mount, std::string_view database) {
  auto const fd = open_lock_file(mount, database);
  if (fd.has_error()) return {boost::system::in_place_error, fd.error()};
  auto asked = on_halt_byte(F_WRLCK);
  bool const answered = ::fcntl(*fd, F_OFD_GETLK, &asked) == 0;
  boost::system::error_code const problem = answered ? boost::system::error_code() : last_error();
  ::close(*fd);
  if (!answered) return {boost::system::in_place_error, problem};
  return asked.l_type == F_WRLCK;
}

}  // namespace litefs
