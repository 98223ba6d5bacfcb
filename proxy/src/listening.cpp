#include "litefs/proxy/listening.hpp"

#include <arpa/inet.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string_view>
#include <system_error>

namespace litefs::proxy {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view tcp_listens = "0A";
constexpr unsigned unix_listens = 0x10000;  // __SO_ACCEPTCON

unsigned long number(std::string_view text, int base) {
  unsigned long value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value, base);
  return value;
}

std::vector<std::string> words(std::string const& line) {
  std::istringstream in(line);
  std::vector<std::string> all;
  for (std::string word; in >> word;) all.push_back(std::move(word));
  return all;
}

std::vector<std::vector<std::string>> table(char const* path) {
  std::ifstream file(path);
  std::vector<std::vector<std::string>> rows;
  std::string line;
  std::getline(file, line);  // the headings
  while (std::getline(file, line)) rows.push_back(words(line));
  return rows;
}

// pid (name) state ppid pgrp session …; the name may hold anything, brackets too.
pid_t session_of(fs::path const& process) {
  std::ifstream file(process / "stat");
  std::string const text{std::istreambuf_iterator<char>(file), {}};
  auto const end = text.rfind(')');
  auto const after = end == std::string::npos ? std::vector<std::string>{} : words(text.substr(end + 1));
  return after.size() < 4 ? -1 : static_cast<pid_t>(number(after[3], 10));
}

void add_sockets(fs::path const& process, std::set<unsigned long>& inodes) {
  constexpr std::string_view prefix = "socket:[";
  std::error_code gone;
  for (auto i = fs::directory_iterator(process / "fd", gone); !gone && i != fs::directory_iterator();
       i.increment(gone)) {
    std::error_code closed;
    auto const link = fs::read_symlink(i->path(), closed).string();
    if (link.starts_with(prefix)) inodes.insert(number(std::string_view(link).substr(prefix.size()), 10));
  }
}

std::set<unsigned long> sockets_of(pid_t session) {
  std::set<unsigned long> inodes;
  std::error_code failed;
  for (auto i = fs::directory_iterator("/proc", failed); !failed && i != fs::directory_iterator();
       i.increment(failed)) {
    auto const name = i->path().filename().string();
    if (name.find_first_not_of("0123456789") == std::string::npos && session_of(i->path()) == session)
      add_sockets(i->path(), inodes);
  }
  return inodes;
}

// The kernel prints each 32-bit word of an address as this machine's number.
std::string address(std::string_view text) {
  auto const colon = text.find(':');
  if (colon == std::string_view::npos || (colon != 8 && colon != 32)) return {};
  std::array<unsigned char, 16> bytes{};
  for (std::size_t i = 0; i < colon / 8; ++i) {
    auto const word = static_cast<std::uint32_t>(number(text.substr(i * 8, 8), 16));
    std::memcpy(bytes.data() + i * 4, &word, sizeof word);
  }
  bool const v6 = colon == 32;
  std::array<char, INET6_ADDRSTRLEN> printed{};
  ::inet_ntop(v6 ? AF_INET6 : AF_INET, bytes.data(), printed.data(), printed.size());
  std::string const host = printed.data();
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(number(text.substr(colon + 1), 16));
}

}  // namespace

std::vector<std::string> listening(pid_t session) {
  auto const own = sockets_of(session);
  auto const is_own = [&own](std::string const& inode) { return own.contains(number(inode, 10)); };
  std::set<std::string> found;
  for (auto const* const path : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    for (auto const& row : table(path)) {
      if (row.size() > 9 && row[3] == tcp_listens && is_own(row[9])) found.insert(address(row[1]));
    }
  }
  for (auto const& row : table("/proc/net/unix")) {
    if (row.size() > 7 && (number(row[3], 16) & unix_listens) != 0 && is_own(row[6]))
      found.insert("unix:" + row[7]);
  }
  return {found.begin(), found.end()};
}

}  // namespace litefs::proxy
