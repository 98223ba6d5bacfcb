#include "litefs/lineage.hpp"

namespace litefs {

void lineage::record(std::uint32_t database_id, position const& pos) {
  auto& [slots, newest] = rings_[database_id];
  if (slots.empty()) slots.resize(capacity);
  auto& slot = slots[pos.txid.value % capacity];
  if (slot.txid == pos.txid && slot.checksum != pos.checksum && pos.txid.value != 0) {
    // Another history from here on; where it parted from the old one is not known, so nothing older counts.
    slots.assign(capacity, position{});
    ++breaks_;
  } else if (pos.txid.value > newest.value + 1) {
    // What came in between was a snapshot, or not heard: it may have replaced transactions that were kept
    // here.
    slots.assign(capacity, position{});
  } else if (pos.txid < newest) {
    for (auto& later : slots) {
      if (later.txid > pos.txid) later = position{};
    }
  }
  slots[pos.txid.value % capacity] = pos;
  newest = pos.txid;
}

lineage_verdict lineage::compare(std::uint32_t database_id, position const& pos) const noexcept {
  auto const ring = rings_.find(database_id);
  if (ring == rings_.end() || pos.txid.value == 0 || pos.txid > ring->second.newest)
    return lineage_verdict::unknown;
  auto const& slot = ring->second.slots[pos.txid.value % capacity];
  if (slot.txid != pos.txid)
    return pos.txid.value + capacity > ring->second.newest.value ? lineage_verdict::unseen
                                                                 : lineage_verdict::unknown;
  return slot.checksum == pos.checksum ? lineage_verdict::same : lineage_verdict::other;
}

}  // namespace litefs
