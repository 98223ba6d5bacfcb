#include "litefs/proxy/log_file.hpp"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/system/system_error.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

namespace litefs::proxy {

namespace {

constexpr mode_t mode = 0640;

int open_file(std::string const& path) noexcept {
  return ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, mode);
}

}  // namespace

log_file::log_file(std::string path, int otherwise, char const* key)
    : path_(std::move(path)), descriptor_(path_.empty() ? otherwise : open_file(path_)) {
  if (descriptor_ >= 0) return;
  boost::system::error_code const why(errno, boost::system::system_category());
  throw boost::system::system_error(why, std::string(key) + ": cannot open " + path_);
}

log_file::~log_file() {
  if (!path_.empty()) ::close(descriptor_);
}

bool log_file::is_regular() const noexcept {
  struct stat facts {};
  return ::fstat(descriptor_, &facts) == 0 && S_ISREG(facts.st_mode);
}

bool log_file::reopen() const noexcept {
  if (path_.empty()) return true;
  int const fresh = open_file(path_);
  if (fresh < 0) {
    spdlog::error("cannot reopen {}: {}; the old file is written on", path_, std::strerror(errno));
    return false;
  }
  ::dup3(fresh, descriptor_, O_CLOEXEC);
  ::close(fresh);
  return true;
}

}  // namespace litefs::proxy
