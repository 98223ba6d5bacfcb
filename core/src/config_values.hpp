// The scalar types of the configuration: how each is written, and what to say when it is written otherwise.
//
// Private to core. Thread-safe (each call makes a value).
#pragma once

#include "config_reader.hpp"

namespace litefs::configuration {

[[nodiscard]] scalar<std::string> any_text(std::string example);
[[nodiscard]] scalar<std::string> choice(std::vector<std::string> values);
// A flag written as one of two words; true and false themselves are always understood.
[[nodiscard]] scalar<bool> flag(std::string when_true = "true", std::string when_false = "false");
[[nodiscard]] scalar<milliseconds> duration(milliseconds least = milliseconds(0));
[[nodiscard]] scalar<std::size_t> count(std::size_t least);
[[nodiscard]] scalar<std::uint64_t> size();
[[nodiscard]] scalar<endpoint> address(std::string example);
[[nodiscard]] scalar<endpoint> http_url();
[[nodiscard]] scalar<endpoint> http_or_https_url();
[[nodiscard]] scalar<path_pattern> pattern();
[[nodiscard]] scalar<std::string> network();
[[nodiscard]] scalar<int> signal_name();

// "http://host[:port]" without a path.
[[nodiscard]] std::optional<endpoint> parse_http_url(std::string_view text);
// The same, or https: what a peer's proxy is reached by.
[[nodiscard]] std::optional<endpoint> parse_peer_url(std::string_view text);

}  // namespace litefs::configuration
