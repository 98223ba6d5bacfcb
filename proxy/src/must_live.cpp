#include "litefs/proxy/must_live.hpp"

#include <spdlog/spdlog.h>

#include <cstdlib>

namespace litefs::proxy {

namespace {

constexpr int unexpected_end = 70;  // EX_SOFTWARE

}  // namespace

void give_up(std::exception const& unexpected) noexcept {
  spdlog::critical("unexpected: {}", unexpected.what());
  std::_Exit(unexpected_end);
}

}  // namespace litefs::proxy
