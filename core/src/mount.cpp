#include "litefs/mount.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/stat.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <utility>

namespace litefs {
namespace {

constexpr std::size_t position_file_size = 34;  // 16 hex digits, '/', 16 hex digits, newline

boost::system::error_code last_error() noexcept {
  if (errno == ENOTCONN || errno == ECONNABORTED) return errc::mount_dead;
  return {errno, boost::system::system_category()};
}

}  // namespace

result<mount_identity> inspect_mount(std::string const& path) {
  // The kernel remembers the mode for a minute, and LiteFS does not tell it when the role changes: it must
  // ask.
  struct statx root {};
  struct statfs system {};
  // By its number: glibc has a function for it since 2.28 only.
  if (::syscall(SYS_statx, AT_FDCWD, path.c_str(), AT_STATX_FORCE_SYNC, STATX_BASIC_STATS, &root) != 0 ||
      ::statfs(path.c_str(), &system) != 0) {
    return errno == ENOTCONN || errno == ECONNABORTED ? errc::mount_dead : errc::mount_absent;
  }
  auto const device = ::makedev(root.stx_dev_major, root.stx_dev_minor);
  // A folder inside some other FUSE file system (a container's root, say) is no mount point.
  struct stat parent {};
  bool const mount_point = ::stat((path + "/..").c_str(), &parent) == 0 && parent.st_dev != device;
  if (system.f_type != FUSE_SUPER_MAGIC || !mount_point) return errc::mount_absent;
  return mount_identity{device, (root.stx_mode & S_IWUSR) != 0};
}

result<std::chrono::milliseconds> read_lag(std::string const& mount) {
  int const fd = ::open((mount + "/.lag").c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return errc::mount_absent;
  std::array<char, 32> text{};
  auto const size = ::pread(fd, text.data(), text.size(), 0);
  ::close(fd);
  if (size <= 0) return errc::mount_absent;
  char const* const begin = text.data() + (text[0] == '+' ? 1 : 0);
  std::int32_t lag = 0;
  if (std::from_chars(begin, text.data() + size, lag).ec != std::errc{}) return errc::mount_absent;
  return std::chrono::milliseconds(lag);
}

result<position_file> position_file::open(std::string const& mount, std::string_view database) {
  int const fd = ::open((mount + '/' + std::string(database) + "-pos").c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return last_error();
  return position_file(fd);
}

position_file::position_file(position_file&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

position_file& position_file::operator=(position_file&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

position_file::~position_file() {
  if (fd_ >= 0) ::close(fd_);
}

result<position> position_file::read() const {
  // Exactly the file's size: a read beyond the end makes the kernel ask LiteFS for the size first, each time.
  std::array<char, position_file_size> text{};
  auto const size = ::pread(fd_, text.data(), text.size(), 0);
  if (size < 0) return errc::mount_dead;
  return parse_position({text.data(), static_cast<std::size_t>(size)});
}

}  // namespace litefs
