// What became of planned handoffs, on both sides. Written by the control thread, read by any (counter.hpp).
#pragma once

#include "litefs/proxy/counter.hpp"

namespace litefs::proxy {

struct handoff_counts {
  counter given;      // the role went to the node that asked for it
  counter refused;    // to give it
  counter abandoned;  // held, and nobody took it
  counter taken;      // this node became primary
  counter failed;     // to take it
  histogram held;     // writes, as the giving node
};

}  // namespace litefs::proxy
