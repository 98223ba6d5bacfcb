// This node at this moment, for the recorder. Control thread only; nothing fails.
#pragma once

#include "litefs/glance.hpp"

namespace litefs::proxy {

class cluster_node;
class supervisor;
class view;
struct node;

// `cluster` is null on a single node.
[[nodiscard]] glance look_at(node const& n, view const& own, supervisor const& processes,
                             cluster_node const* cluster);

}  // namespace litefs::proxy
