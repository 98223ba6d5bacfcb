#include "litefs/duration.hpp"

#include <array>
#include <cstdint>

namespace litefs {
namespace {

struct unit {
  std::string_view name;
  std::int64_t nanoseconds;
};
constexpr std::array<unit, 6> units{{{"h", 3'600'000'000'000},
                                     {"m", 60'000'000'000},
                                     {"s", 1'000'000'000},
                                     {"ms", 1'000'000},
                                     {"us", 1'000},
                                     {"ns", 1}}};
constexpr std::int64_t duration_max = 30 * 24 * units[0].nanoseconds;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

std::string_view take(std::string_view& text, bool (*wanted)(char)) noexcept {
  std::size_t n = 0;
  while (n < text.size() && wanted(text[n])) ++n;
  auto const taken = text.substr(0, n);
  text.remove_prefix(n);
  return taken;
}

// Takes one "<number><unit>" off the front; -1 if there is none or it is too long a time.
std::int64_t take_term(std::string_view& text) noexcept {
  auto const whole = take(text, is_digit);
  std::string_view fraction;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    fraction = take(text, is_digit);
    if (fraction.empty()) return -1;
  }
  auto const name = take(text, [](char c) { return c != '.' && !is_digit(c); });
  if (whole.empty()) return -1;
  for (auto const& u : units) {
    if (u.name != name) continue;
    std::int64_t total = 0;
    for (char const digit : whole) {
      total = total * 10 + (digit - '0');
      if (total > duration_max / u.nanoseconds) return -1;
    }
    total *= u.nanoseconds;
    auto scale = u.nanoseconds;
    for (char const digit : fraction) total += (digit - '0') * (scale /= 10);
    return total;
  }
  return -1;
}

}  // namespace

result<std::chrono::nanoseconds> parse_duration(std::string_view text) noexcept {
  if (text.empty()) return errc::bad_duration;
  std::int64_t total = 0;
  while (!text.empty()) {
    auto const term = take_term(text);
    if (term < 0 || (total += term) > duration_max) return errc::bad_duration;
  }
  return std::chrono::nanoseconds{total};
}

std::string format_duration(std::chrono::nanoseconds d) {
  std::string text;
  auto rest = d.count();
  for (auto const& u : units) {
    if (rest < u.nanoseconds) continue;
    text += std::to_string(rest / u.nanoseconds);
    text += u.name;
    rest %= u.nanoseconds;
  }
  return text.empty() ? "0s" : text;
}

}  // namespace litefs
