// Path rules such as `/static/*` or `*.js`: `*` matches any run of characters, everything else itself.
//
// Rules match one canonical form of the path; a path that could be read in two ways (dot segments, empty
// segments, percent-encoded slash or dot, ';', NUL, invalid percent escapes) is ambiguous, and the caller
// takes the safe side (no passthrough, treated as a write where rules decide). Thread-safe values.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace litefs {

// The path of a request target in origin form, without query; empty optional-like: ambiguous = true.
struct canonical_path {
  std::string path;  // percent-decoded unreserved characters
  bool ambiguous = false;
};
[[nodiscard]] canonical_path canonicalise(std::string_view target);

class path_pattern {
 public:
  explicit path_pattern(std::string pattern) : pattern_(std::move(pattern)) {}
  [[nodiscard]] bool matches(std::string_view path) const noexcept;
  [[nodiscard]] std::string const& text() const noexcept { return pattern_; }
  bool operator==(path_pattern const&) const = default;

 private:
  std::string pattern_;
};

// True if any pattern matches.
[[nodiscard]] bool matches_any(std::vector<path_pattern> const& patterns, std::string_view path) noexcept;

}  // namespace litefs
