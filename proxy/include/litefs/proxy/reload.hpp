// SIGHUP: the configuration is read again and put in force while requests run.
//
// All or nothing: a file that cannot be read, names what cannot be used, or changes a key that needs a
// restart changes nothing, and one line of the log says why. Control thread only.
#pragma once

#include <functional>

#include "litefs/config.hpp"
#include "litefs/proxy/node.hpp"
#include "litefs/proxy/worker.hpp"

namespace litefs::proxy {

using config_loader = std::function<config_result()>;

// False if the old configuration stays.
bool reload(node& n, worker_group& workers, config_loader const& load);

}  // namespace litefs::proxy
