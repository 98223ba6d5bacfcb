// The text of header fields. Pure functions, thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "litefs/request_rules.hpp"

namespace litefs::proxy {

inline void add_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

// All but those that are called `except`. Fields that stand beside each other in the head they were read
// from, written as we write them, are copied in one piece.
inline void add_fields(std::string& out, std::vector<header_field> const& fields,
                       std::string_view except = {}) {
  std::string_view piece;
  auto const flush = [&] {
    if (!piece.empty()) out.append(piece).append("\r\n");
    piece = {};
  };
  auto const end = [](std::string_view text) { return text.data() + text.size(); };
  for (auto const& [name, value] : fields) {
    if (!except.empty() && iequals(name, except)) continue;
    if (value.data() != end(name) + 2 || std::string_view(end(name), 2) != ": ") {
      flush();
      add_field(out, name, value);
      continue;
    }
    if (piece.empty() ||
        name.data() != end(piece) + 2) {  // the line before ends with CRLF, or we skipped some
      flush();
      piece = {name.data(), 0};
    }
    piece = {piece.data(), static_cast<std::size_t>(end(value) - piece.data())};
  }
  flush();
}

}  // namespace litefs::proxy
