// One line per request, written by a background thread: a slow disk or pipe never delays a request, at most
// lines are dropped (oldest first). Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>

namespace spdlog {
class logger;
namespace details {
class thread_pool;
}
}  // namespace spdlog

namespace litefs::proxy {

struct access_entry {
  std::string_view client;
  std::string_view method;
  std::string_view target;
  int status = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::chrono::microseconds took{0};
  std::chrono::microseconds waited{0};    // held, behind a position, queued for the target
  std::chrono::microseconds upstream{0};  // to the head of the answer
  std::string_view action;
  std::string_view reason;
  std::string_view node;  // that ran it: "local", the primary's hostname, "-"
  std::string_view id;
};

class access_log {
 public:
  access_log(bool enabled, bool json);
  ~access_log();
  void write(access_entry const& e);

 private:
  bool json_;
  std::shared_ptr<spdlog::details::thread_pool> pool_;
  std::shared_ptr<spdlog::logger> logger_;
};

}  // namespace litefs::proxy
