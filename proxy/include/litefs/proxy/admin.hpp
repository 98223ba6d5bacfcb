// What admin-addr answers: GET /metrics, /litefs/status, /litefs/health, /litefs/ready, /litefs/live.
//
// For reading alone: nothing there changes the node. Control thread only; nothing fails.
#pragma once

#include "litefs/proxy/metrics.hpp"
#include "litefs/proxy/own_endpoints.hpp"

namespace litefs::proxy {

[[nodiscard]] own_response answer_admin(metrics_source const& from, own_request const& request);

}  // namespace litefs::proxy
