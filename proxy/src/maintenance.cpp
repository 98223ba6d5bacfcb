#include "litefs/proxy/maintenance.hpp"

#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>

namespace litefs::proxy {

namespace asio = boost::asio;
using std::chrono::milliseconds;

namespace {

// So that a node that forgot all by a restart does not count from one again.
std::uint64_t wall_clock_ms() {
  auto const now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<milliseconds>(now).count());
}

}  // namespace

maintenance::maintenance(asio::io_context& context, node& shared, std::function<void()> on_change)
    : node_(shared), on_change_(std::move(on_change)), end_(context) {}

void maintenance::set(milliseconds left) {
  become(std::max(number_ + 1, wall_clock_ms()), std::clamp(left, milliseconds{0}, milliseconds{left_max}));
}

void maintenance::hear(freeze const& told) {
  if (told.number > number_) become(told.number, std::min(told.left, milliseconds{left_max}));
}

void maintenance::stop() { end_.cancel(); }

freeze maintenance::now() const {
  if (!node_.frozen) return {.number = number_, .left = milliseconds{0}};
  auto const left = std::chrono::ceil<milliseconds>(end_.expiry() - std::chrono::steady_clock::now());
  return {.number = number_, .left = std::max(left, milliseconds{1})};
}

void maintenance::become(std::uint64_t number, milliseconds left) {
  number_ = number;
  bool const on = left > milliseconds{0};
  if (on) spdlog::warn("maintenance: no write starts for {} s", (left.count() + 999) / 1000);
  if (node_.frozen.exchange(on) && !on) spdlog::warn("maintenance is over");
  end_.expires_after(left);  // ends an earlier wait
  if (on) {
    end_.async_wait([this](boost::system::error_code cancelled) {
      if (!cancelled) become(number_, milliseconds{0});
    });
  }
  on_change_();
}

}  // namespace litefs::proxy
