// The nonces of hops seen since this process started, shared by all worker threads. Thread-safe.
//
// insert() returns errc::hop_replayed or errc::nonce_table_full as nonce_table does.
#pragma once

#include "litefs/hop.hpp"

#include <mutex>
#include <string_view>

namespace litefs::proxy {

class nonce_guard {
 public:
  result<void> insert(std::string_view nonce) {
    std::scoped_lock lock(mutex_);
    return seen_.insert(nonce);
  }

 private:
  std::mutex mutex_;
  nonce_table seen_;
};

}  // namespace litefs::proxy
