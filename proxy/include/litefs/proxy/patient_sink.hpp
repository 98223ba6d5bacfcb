// spdlog's way to a patient_writer. Thread-safe; no errors.
#pragma once

#include <spdlog/sinks/base_sink.h>

#include <mutex>

#include "litefs/proxy/patient_writer.hpp"

namespace litefs::proxy {

class patient_sink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  patient_sink(int descriptor, std::chrono::milliseconds patience) : writer_(descriptor, patience) {}

 private:
  void sink_it_(spdlog::details::log_msg const& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    writer_.write({line.data(), line.size()});
  }
  void flush_() override {}

  patient_writer writer_;
};

}  // namespace litefs::proxy
