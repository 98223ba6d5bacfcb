#include "litefs/proxy/version.hpp"

namespace litefs::proxy {

std::string_view version() noexcept { return LITEFS_VERSION; }

}  // namespace litefs::proxy
