#include "litefs/node_page.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bit>

#include "node_page_layout.hpp"

namespace litefs {
namespace {

constexpr int attempts_max = 1000;  // a writer needs less than a microsecond

// Nobody but root and ourselves may have written it.
bool trusted(struct stat const& status) noexcept {
  bool const ours = status.st_uid == 0 || status.st_uid == ::geteuid();
  return ours && S_ISREG(status.st_mode) && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0 &&
         status.st_size == static_cast<::off_t>(sizeof(page::layout));
}

bool is_stale(page::layout const& shared) noexcept {
  auto const age = page::now_ms() - shared.beat_ms.load(std::memory_order_acquire);
  // Signed: a beat may come between the two readings of the clock.
  return static_cast<std::int64_t>(age) > node_page_reader::max_age.count();
}

}  // namespace

std::string default_page_path(std::string const& mount) {
  auto end = mount.size();
  while (end > 1 && mount[end - 1] == '/') --end;
  return "/dev/shm/litefs-" + format_hex64(database_id(mount.substr(0, end))).substr(8);
}

struct node_page_reader::mapping {
  explicit mapping(void* memory) noexcept : shared(static_cast<page::layout const*>(memory)) {}
  mapping(mapping const&) = delete;
  mapping& operator=(mapping const&) = delete;
  ~mapping() { ::munmap(const_cast<page::layout*>(shared), sizeof(page::layout)); }
  page::layout const* shared;
};

node_page_reader::node_page_reader(std::unique_ptr<mapping> m) noexcept : mapping_(std::move(m)) {}
node_page_reader::node_page_reader(node_page_reader&&) noexcept = default;
node_page_reader& node_page_reader::operator=(node_page_reader&&) noexcept = default;
node_page_reader::~node_page_reader() = default;

result<node_page_reader> node_page_reader::open(std::string const& path) {
  page::descriptor const file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (file.get() < 0) return errno == ENOENT ? errc::page_absent : errc::page_foreign;
  struct stat status {};
  if (::fstat(file.get(), &status) != 0 || !trusted(status)) return errc::page_foreign;
  void* const memory = ::mmap(nullptr, sizeof(page::layout), PROT_READ, MAP_SHARED, file.get(), 0);
  if (memory == MAP_FAILED) return errc::page_foreign;
  auto mapped = std::make_unique<mapping>(memory);
  if (mapped->shared->magic.load(std::memory_order_acquire) != page::magic) return errc::page_foreign;
  return node_page_reader(std::move(mapped));
}

std::uint64_t node_page_reader::version() const noexcept {
  if (is_stale(*mapping_->shared)) return 0;
  auto const sequence = mapping_->shared->sequence.load(std::memory_order_acquire);
  return sequence % 2 == 0 ? sequence : 0;
}

result<node_facts> node_page_reader::read() const {
  auto const& shared = *mapping_->shared;
  if (is_stale(shared)) return errc::page_stale;
  for (int attempt = 0; attempt < attempts_max; ++attempt) {
    auto const before = shared.sequence.load(std::memory_order_acquire);
    std::array<std::uint64_t, page::words> words{};
    for (std::size_t i = 0; i < words.size(); ++i) words[i] = shared.data[i].load(std::memory_order_acquire);
    if (before % 2 != 0 || shared.sequence.load(std::memory_order_relaxed) != before) continue;
    auto const bytes = std::bit_cast<page::payload>(words);
    if (bytes.role > static_cast<std::uint8_t>(role::single) || bytes.primary_size > page::primary_max ||
        bytes.id_size > page::id_max) {
      return errc::page_foreign;
    }
    return node_facts{static_cast<role>(bytes.role),
                      bytes.mount_alive != 0,
                      bytes.device,
                      std::string(bytes.primary.data(), bytes.primary_size),
                      std::string(bytes.id.data(), bytes.id_size),
                      bytes.frozen != 0};
  }
  return errc::page_stale;  // the writer died while it wrote
}

read_gate const& node_page_reader::gate() const noexcept { return mapping_->shared->gate; }

}  // namespace litefs
