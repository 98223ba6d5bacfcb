#include "litefs/error.hpp"

#include <string>

namespace litefs {
namespace {

char const* describe(errc code) noexcept {
  switch (code) {
    case errc::bad_txid:
      return "not a TXID of 16 hex digits";
    case errc::bad_position:
      return "not a position of the form TXID/checksum";
    case errc::bad_event:
      return "not a line of LiteFS's event stream";
    case errc::bad_hostname:
      return "not a hostname";
    case errc::bad_duration:
      return "not a duration such as 1.5s or 250ms";
    case errc::bad_cookie:
      return "not a litefs-position value";
    case errc::bad_hop:
      return "not a litefs-hop value";
    case errc::bad_signature:
      return "signature does not match";
    case errc::hop_restarted:
      return "the hop was signed for an earlier start of this node";
    case errc::hop_replayed:
      return "the hop was seen before";
    case errc::nonce_table_full:
      return "no room to remember another hop";
    case errc::bad_chunk:
      return "invalid chunked coding";
    case errc::mount_dead:
      return "the LiteFS mount is dead";
    case errc::mount_absent:
      return "no LiteFS mount there";
    case errc::page_absent:
      return "no node page there";
    case errc::page_stale:
      return "the node page has no live writer";
    case errc::page_foreign:
      return "the node page is not to be trusted";
    case errc::bad_link_message:
      return "not a message of a peer link";
    case errc::bad_memory:
      return "not what a node remembers of its cluster";
  }
  return "unknown error";
}

class category final : public boost::system::error_category {
 public:
  [[nodiscard]] char const* name() const noexcept override { return "litefs"; }
  [[nodiscard]] std::string message(int value) const override { return describe(static_cast<errc>(value)); }
};

}  // namespace

boost::system::error_category const& litefs_category() noexcept {
  static category const instance;
  return instance;
}

boost::system::error_code make_error_code(errc code) noexcept {
  return {static_cast<int>(code), litefs_category()};
}

}  // namespace litefs
