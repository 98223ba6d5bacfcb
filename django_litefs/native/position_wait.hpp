// Waits until a database of this node has reached a position.
//
// The kernel keeps the position in its page cache and LiteFS drops it there at each change, so looking costs
// half a microsecond while nothing happens: cheaper than any notification that LiteFS offers. Thread-safe.
#pragma once

#include <chrono>
#include <optional>

#include "litefs/mount.hpp"

namespace litefs::python {

// The position once its TXID is at least `wanted`; nothing after `at_most`. Errors are those of read().
[[nodiscard]] result<std::optional<position>> wait_for_position(position_file const& file, txid wanted,
                                                                std::chrono::milliseconds at_most);

}  // namespace litefs::python
