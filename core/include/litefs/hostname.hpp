// The strict grammar of a node's hostname as LiteFS announces it (`.primary`, /events): letters, digits,
// '-', '.', '_' only, starting with a letter or digit, at most 253 bytes. Anything else could steer a
// request elsewhere (a port, a path, CR LF), so it counts as "no primary known". Thread-safe.
#pragma once

#include <string_view>

namespace litefs {

[[nodiscard]] bool valid_hostname(std::string_view text) noexcept;

}  // namespace litefs
