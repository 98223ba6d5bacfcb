#include "litefs/read_pages.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/system/system_error.hpp>
#include <charconv>
#include <filesystem>
#include <optional>
#include <system_error>

#include "node_page_layout.hpp"
#include "read_page_layout.hpp"

namespace litefs {
namespace {

constexpr ::mode_t folder_mode = 01777;
constexpr std::size_t pages_max = 1024;  // looked at

struct seen_page {
  page::reads_bytes bytes;
  bool dead = false;
};

std::optional<seen_page> look_at(std::string const& path) {
  page::descriptor const file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (file.get() < 0) return std::nullopt;
  seen_page seen;
  if (::pread(file.get(), &seen.bytes, sizeof seen.bytes, 0) != static_cast<::ssize_t>(sizeof seen.bytes) ||
      seen.bytes.magic != page::reads_magic) {
    return std::nullopt;
  }
  seen.dead = ::flock(file.get(), LOCK_SH | LOCK_NB) == 0;
  return seen;
}

// 0: no process's page.
int pid_of(std::string const& name) {
  int pid = 0;
  auto const [end, failed] = std::from_chars(name.data(), name.data() + name.size(), pid);
  return failed == std::errc() && end == name.data() + name.size() ? pid : 0;
}

struct named_page {
  std::string path;
  int pid = 0;
};

std::vector<named_page> pages_in(std::string const& folder) {
  std::vector<named_page> found;
  std::error_code failed;
  for (std::filesystem::directory_iterator entry(folder, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    int const pid = pid_of(entry->path().filename().string());
    if (pid > 0) found.push_back({entry->path().string(), pid});
    if (found.size() >= pages_max) break;
  }
  return found;
}

std::optional<std::chrono::milliseconds> oldest_age(page::reads_bytes const& bytes, std::uint64_t now) {
  std::uint64_t oldest = 0;
  for (auto const begun : bytes.begun_ms)
    if (begun != 0 && begun <= now && (oldest == 0 || begun < oldest)) oldest = begun;
  if (oldest == 0) return std::nullopt;
  return std::chrono::milliseconds(now - oldest);
}

void add(std::array<std::uint64_t, read_count_kinds>& sum,
         std::array<std::uint64_t, read_count_kinds> const& counts) {
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += counts[i];
}

}  // namespace

std::string_view to_string(read_count what) noexcept {
  constexpr std::array<std::string_view, read_count_kinds> names{"waited", "timed_out", "long_read", "ended"};
  return names[static_cast<std::size_t>(what)];
}

// One left by a proxy that was killed is used again, if it is a folder of ours: its processes still have
// their pages there.
read_pages::read_pages(std::string folder) : folder_(std::move(folder)) {
  struct stat status {};
  bool const there = (::mkdir(folder_.c_str(), folder_mode) == 0 || errno == EEXIST) &&
                     ::lstat(folder_.c_str(), &status) == 0;
  if (there && (!S_ISDIR(status.st_mode) || status.st_uid != ::geteuid()))
    errno = EEXIST;
  else if (there && ::chmod(folder_.c_str(), folder_mode) == 0)
    return;
  throw boost::system::system_error(errno, boost::system::system_category(), "cannot create " + folder_);
}

read_pages::~read_pages() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::vector<open_read> open_reads(std::string const& folder) {
  std::vector<open_read> found;
  auto const now = page::now_ms();
  for (auto const& [path, pid] : pages_in(folder)) {
    auto const seen = look_at(path);
    if (!seen || seen->dead) continue;
    if (auto const age = oldest_age(seen->bytes, now)) found.push_back({pid, *age});
  }
  std::ranges::sort(found, std::ranges::greater{}, &open_read::age);
  return found;
}

node_reads read_pages::look() {
  node_reads found{.open = open_reads(folder_), .counts = {}};
  for (auto const& [path, pid] : pages_in(folder_)) {
    auto const seen = look_at(path);
    if (!seen) continue;
    add(seen->dead ? of_the_dead_ : found.counts, seen->bytes.counts);
    if (seen->dead) ::unlink(path.c_str());
  }
  add(found.counts, of_the_dead_);
  return found;
}

}  // namespace litefs
