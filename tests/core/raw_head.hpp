// Splits a raw head into what a lenient parser would hand over: for tests of the rules that come after it.
//
// Folded lines are joined and bare LF ends a line, as Beast does. Keeps its own copy of the bytes.
#pragma once

#include "litefs/request_rules.hpp"

#include <algorithm>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace litefs::testing_heads {

class raw_head {
 public:
  explicit raw_head(std::string raw) : raw_(std::move(raw)) {
    std::string_view rest = raw_;
    while (rest.starts_with("\r\n")) rest.remove_prefix(2);
    first_ = take_line(rest);
    while (!rest.empty()) {
      std::string line(take_line(rest));
      if (line.empty()) break;
      while (rest.starts_with(' ') || rest.starts_with('\t')) line += take_line(rest);
      std::string_view const kept = lines_.emplace_back(std::move(line));
      auto const colon = kept.find(':');
      fields_.push_back(
          {kept.substr(0, colon), trim(colon == std::string_view::npos ? "" : kept.substr(colon + 1))});
    }
  }

  [[nodiscard]] request_head request() const {
    auto const space = first_.find(' ');
    auto const last = first_.rfind(' ');
    return {first_.substr(0, space), first_.substr(space + 1, last - space - 1),
            version(first_.substr(last + 1)), fields_, raw_};
  }
  [[nodiscard]] response_head response() const {
    return {std::stoi(std::string(first_.substr(9, 3))), version(first_.substr(0, 8)), fields_, raw_};
  }

 private:
  static std::string_view take_line(std::string_view& rest) {
    auto const end = std::min(rest.find('\n'), rest.size());
    auto line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }
  static std::string_view trim(std::string_view text) {
    while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
    while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
    return text;
  }
  static int version(std::string_view text) { return (text[5] - '0') * 10 + (text[7] - '0'); }

  std::string raw_;
  std::string_view first_;
  std::deque<std::string> lines_;
  std::vector<header_field> fields_;
};

inline std::vector<std::string> names(std::vector<header_field> const& fields) {
  std::vector<std::string> all;
  for (auto const& f : fields) all.emplace_back(f.name);
  return all;
}

}  // namespace litefs::testing_heads
