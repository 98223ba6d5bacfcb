#include "litefs/proxy/process_name.hpp"

#include <algorithm>
#include <array>
#include <fstream>

namespace litefs::proxy {

namespace {
constexpr std::size_t name_max = 100;
}

std::string process_name(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/cmdline", std::ios::binary);
  std::array<char, name_max> bytes{};
  file.read(bytes.data(), bytes.size());
  std::string name(bytes.data(), static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
  while (!name.empty() && name.back() == '\0') name.pop_back();
  // Its words end in zeros, and a process may write there what it likes.
  std::ranges::replace_if(
      name, [](unsigned char c) { return c < 0x20 || c > 0x7e; }, ' ');
  return name.empty() ? "?" : name;
}

}  // namespace litefs::proxy
