// Error codes of litefs_core: what can be wrong with bytes that come from LiteFS, a client or a peer.
//
// Every parser of core returns boost::system::result<T>; nothing here throws for bad input. The codes say
// which format was violated, never more: a hostile sender learns nothing from them. Thread-safe (constants).
#pragma once

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>

namespace litefs {

enum class errc {
  bad_txid = 1,
  bad_position,
  bad_event,
  bad_hostname,
  bad_duration,
  bad_cookie,
  bad_hop,
  bad_signature,
  hop_restarted,  // the hop was signed for an earlier boot of the receiver
  hop_replayed,   // its nonce was seen before
  nonce_table_full,
  bad_chunk,
  mount_dead,
  mount_absent,
  page_absent,
  page_stale,
  page_foreign,
  bad_link_message,
  bad_memory,
};

boost::system::error_category const& litefs_category() noexcept;
boost::system::error_code make_error_code(errc code) noexcept;

template <class T>
using result = boost::system::result<T>;

}  // namespace litefs

template <>
struct boost::system::is_error_code_enum<litefs::errc> : std::true_type {};
