// One line per request. A worker thread gathers its lines (access_lines) and hands them over when they are
// many or a sweep comes; a background thread writes whole batches. So a request pays for the text of its line
// and for nothing else, and a slow disk or pipe never delays one: at most lines are dropped, oldest first,
// and counted.
#pragma once

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <ctime>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "litefs/proxy/patient_writer.hpp"
#include "litefs/proxy/sweep.hpp"

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

// Shared by all worker threads. Thread-safe.
class access_log {
 public:
  access_log(bool enabled, bool json, int descriptor = STDOUT_FILENO);
  ~access_log();  // writes what was handed over
  access_log(access_log const&) = delete;
  access_log& operator=(access_log const&) = delete;

  [[nodiscard]] bool enabled() const noexcept { return writing_.joinable(); }
  [[nodiscard]] bool json() const noexcept { return json_; }
  void hand_over(std::string lines);
  // Lines that nobody took in time, as far as the background thread knows.
  [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_.load(std::memory_order_relaxed); }

 private:
  void write_batches();

  bool const json_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> batches_;
  std::size_t waiting_ = 0;  // bytes in `batches_`
  std::size_t lost_ = 0;     // lines dropped from it
  bool ended_ = false;
  std::atomic<std::uint64_t> dropped_{0};
  patient_writer writer_;  // the background thread's
  std::thread writing_;
};

// The lines of one worker thread; belongs to it.
class access_lines final : public watched {
 public:
  access_lines(access_log& to, sweep& ticks);
  ~access_lines() { hand_over(); }

  void write(access_entry const& e);
  void on_sweep(time_point) override { hand_over(); }

 private:
  void hand_over();
  void begin_line();

  access_log& log_;
  std::string lines_;
  std::string second_;  // as RFC 3339 has it, without its fraction
  std::time_t second_at_ = 0;
};

}  // namespace litefs::proxy
