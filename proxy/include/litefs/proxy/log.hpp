// The process's own log: standard error, text or one JSON object per line, by `log:` of the configuration.
//
// start_log() replaces spdlog's default logger; afterwards spdlog::info() and its like are thread-safe.
#pragma once

#include <string_view>

#include "litefs/config.hpp"

namespace litefs::proxy {

void start_log(log_options const& options);
// One line of a child's output, whatever log.level is.
void log_of_child(std::string_view name, std::string_view line);

}  // namespace litefs::proxy
