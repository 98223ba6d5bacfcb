// The version of this litefs-proxy, as the build set it. Thread-safe.
#pragma once

#include <string_view>

namespace litefs::proxy {

[[nodiscard]] std::string_view version() noexcept;

}  // namespace litefs::proxy
