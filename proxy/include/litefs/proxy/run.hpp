// `litefs-proxy run`: builds every part, wires them, and runs the control thread until the node has stopped.
//
// Returns the exit code of the node. Throws boost::system::system_error if an address or a socket cannot be
// bound; no child has been started then. Once per process.
#pragma once

#include "litefs/config.hpp"
#include "litefs/proxy/reload.hpp"

namespace litefs::proxy {

// `load` reads the configuration anew, for SIGHUP.
int run(proxy_config config, config_loader load);

}  // namespace litefs::proxy
