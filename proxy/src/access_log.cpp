#include "litefs/proxy/access_log.hpp"

#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <string>

#include "litefs/proxy/patient_sink.hpp"

namespace litefs::proxy {

namespace {

constexpr std::size_t queue_lines = 8192;
constexpr std::chrono::milliseconds patience{1'000};  // the background thread's; also what a stop may wait

// Bytes of a client never break a line or a terminal.
void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (char const c : text) {
    auto const u = static_cast<unsigned char>(c);
    if (u < 0x20 || u >= 0x7f)
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", u);
    else if (c == '"' || c == '\\')
      (out += '\\') += c;
    else
      out += c;
  }
  out += '"';
}

}  // namespace

access_log::access_log(bool enabled, bool json) : json_(json) {
  if (!enabled) return;
  pool_ = std::make_shared<spdlog::details::thread_pool>(queue_lines, 1U);
  logger_ = std::make_shared<spdlog::async_logger>("access",
                                                   std::make_shared<patient_sink>(STDOUT_FILENO, patience),
                                                   pool_, spdlog::async_overflow_policy::overrun_oldest);
  logger_->set_pattern(json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ",%v})" : "%Y-%m-%dT%H:%M:%S.%eZ %v",
                       spdlog::pattern_time_type::utc);
}

access_log::~access_log() = default;

void access_log::write(access_entry const& e) {
  if (!logger_) return;
  std::string target;
  append_quoted(target, e.target);
  auto const ms = [](std::chrono::microseconds d) { return static_cast<double>(d.count()) / 1000.0; };
  if (json_)
    logger_->info(
        R"("client":"{}","method":"{}","target":{},"status":{},"in":{},"out":{},"ms":{:.3f},)"
        R"("waited_ms":{:.3f},"upstream_ms":{:.3f},"action":"{}","reason":"{}","node":"{}","id":"{}")",
        e.client, e.method, target, e.status, e.bytes_in, e.bytes_out, ms(e.took), ms(e.waited),
        ms(e.upstream), e.action, e.reason, e.node, e.id);
  else
    logger_->info("{} {} {} {} {} {} {:.3f}ms waited={:.3f}ms upstream={:.3f}ms {}/{} {} {}", e.client,
                  e.method, target, e.status, e.bytes_in, e.bytes_out, ms(e.took), ms(e.waited),
                  ms(e.upstream), e.action, e.reason, e.node, e.id);
}

}  // namespace litefs::proxy
