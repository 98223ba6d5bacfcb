#include "litefs/proxy/log.hpp"

#include <array>
#include <chrono>
#include <ctime>
#include <memory>
#include <string>

#include <spdlog/spdlog.h>
#include <unistd.h>
#include <boost/json.hpp>

#include "litefs/proxy/patient_sink.hpp"

namespace litefs::proxy {

namespace {

// Of every thread that logs: a stuck reader delays each of them once.
constexpr std::chrono::milliseconds patience{100};
constexpr auto children = "children";
constexpr char const* text_pattern = "%Y-%m-%dT%H:%M:%S.%e%z %l %v";

// RFC 3339 in UTC, with milliseconds.
std::string timestamp(std::chrono::system_clock::time_point t) {
  using namespace std::chrono;
  auto const seconds = system_clock::to_time_t(t);
  auto const ms = duration_cast<milliseconds>(t.time_since_epoch()).count() % 1000;
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  std::array<char, 32> text{};
  auto const n = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &utc);
  return fmt::format("{}.{:03}Z", std::string_view(text.data(), n), ms);
}

class json_lines final : public spdlog::formatter {
 public:
  void format(spdlog::details::log_msg const& message, spdlog::memory_buf_t& out) override {
    auto const level = spdlog::level::to_string_view(message.level);
    boost::json::object const line{
        {"time", timestamp(message.time)},
        {"level", std::string_view(level.data(), level.size())},
        {"message", std::string_view(message.payload.data(), message.payload.size())}};
    auto const text = boost::json::serialize(line) + "\n";
    out.append(text.data(), text.data() + text.size());
  }
  [[nodiscard]] std::unique_ptr<formatter> clone() const override { return std::make_unique<json_lines>(); }
};

std::shared_ptr<spdlog::logger> make_logger(std::string const& name, bool json, char const* pattern) {
  auto logger =
      std::make_shared<spdlog::logger>(name, std::make_shared<patient_sink>(STDERR_FILENO, patience));
  if (json) {
    logger->set_formatter(std::make_unique<json_lines>());
  } else {
    logger->set_pattern(pattern);
  }
  logger->flush_on(spdlog::level::trace);  // these lines are few, and each may be the last
  return logger;
}

}  // namespace

void start_log(log_options const& options) {
  auto logger = make_logger("litefs-proxy", options.json, text_pattern);
  logger->set_level(spdlog::level::from_str(options.level));
  spdlog::set_default_logger(std::move(logger));
  spdlog::drop(children);
  spdlog::register_logger(make_logger(children, options.json, "%v"));  // they have times of their own
}

void log_of_child(std::string_view name, std::string_view line) {
  auto const logger = spdlog::get(children);
  (logger ? *logger : *spdlog::default_logger()).info("[{}] {}", name, line);
}

}  // namespace litefs::proxy
