#include "litefs/proxy/access_log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace litefs::proxy {

namespace {

constexpr std::size_t batch_bytes = 32 * 1024;
constexpr std::size_t waiting_bytes_max = 4 * 1024 * 1024;
constexpr std::chrono::milliseconds patience{1'000};  // the background thread's; also what a stop may wait

void append(std::string& out, std::uint64_t n) {
  std::array<char, 20> text{};
  out.append(text.data(), std::to_chars(text.data(), text.data() + text.size(), n).ptr);
}

// Three digits, as of a thousandth.
void append_thousandth(std::string& out, std::uint64_t n) {
  out.append({static_cast<char>('0' + n / 100), static_cast<char>('0' + n / 10 % 10),
              static_cast<char>('0' + n % 10)});
}

void append_ms(std::string& out, std::chrono::microseconds d) {
  auto const us = static_cast<std::uint64_t>(std::max<std::chrono::microseconds::rep>(d.count(), 0));
  append(out, us / 1000);
  out += '.';
  append_thousandth(out, us % 1000);
}

bool plain(char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; }

// Bytes of a client never break a line or a terminal.
void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    auto const special = std::find_if_not(text.begin(), text.end(), plain);
    auto const before = static_cast<std::size_t>(special - text.begin());
    out.append(text.substr(0, before));
    text.remove_prefix(before);
    if (text.empty()) break;
    if (auto const u = static_cast<unsigned char>(text[0]); u < 0x20 || u >= 0x7f)
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", u);
    else
      out.append(1, '\\').append(1, text[0]);
    text.remove_prefix(1);
  }
  out += '"';
}

void append_json(std::string& out, access_entry const& e) {
  out.append(R"("client":")").append(e.client).append(R"(","method":")").append(e.method);
  append_quoted(out.append(R"(","target":)"), e.target);
  append(out.append(R"(,"status":)"), static_cast<std::uint64_t>(e.status));
  append(out.append(R"(,"in":)"), e.bytes_in);
  append(out.append(R"(,"out":)"), e.bytes_out);
  append_ms(out.append(R"(,"ms":)"), e.took);
  append_ms(out.append(R"(,"waited_ms":)"), e.waited);
  append_ms(out.append(R"(,"upstream_ms":)"), e.upstream);
  out.append(R"(,"action":")").append(e.action).append(R"(","reason":")").append(e.reason);
  out.append(R"(","node":")").append(e.node).append(R"(","id":")").append(e.id).append("\"}\n");
}

void append_text(std::string& out, access_entry const& e) {
  out.append(e.client).append(1, ' ').append(e.method).append(1, ' ');
  append_quoted(out, e.target);
  append(out += ' ', static_cast<std::uint64_t>(e.status));
  append(out += ' ', e.bytes_in);
  append(out += ' ', e.bytes_out);
  append_ms(out += ' ', e.took);
  append_ms(out.append("ms waited="), e.waited);
  append_ms(out.append("ms upstream="), e.upstream);
  out.append("ms ").append(e.action).append(1, '/').append(e.reason);
  out.append(1, ' ').append(e.node).append(1, ' ').append(e.id).append(1, '\n');
}

}  // namespace

access_log::access_log(bool enabled, bool json, int descriptor) : json_(json), writer_(descriptor, patience) {
  if (enabled) writing_ = std::thread([this] { write_batches(); });
}

access_log::~access_log() {
  if (!enabled()) return;
  {
    std::scoped_lock const lock(mutex_);
    ended_ = true;
  }
  changed_.notify_one();
  writing_.join();
}

void access_log::hand_over(std::string lines) {
  {
    std::scoped_lock const lock(mutex_);
    waiting_ += lines.size();
    batches_.push_back(std::move(lines));
    for (; waiting_ > waiting_bytes_max; batches_.pop_front()) {
      auto const& oldest = batches_.front();
      lost_ += static_cast<std::size_t>(std::ranges::count(oldest, '\n'));
      waiting_ -= oldest.size();
    }
  }
  changed_.notify_one();
}

void access_log::write_batches() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ended_ || !batches_.empty(); });
    if (batches_.empty()) return;
    auto const lines = std::move(batches_.front());
    batches_.pop_front();
    waiting_ -= lines.size();
    writer_.lose(std::exchange(lost_, 0));
    lock.unlock();
    writer_.write(lines);
    lock.lock();
  }
}

access_lines::access_lines(access_log& to, sweep& ticks) : log_(to) { ticks.watch(*this); }

void access_lines::write(access_entry const& e) {
  if (!log_.enabled()) return;
  begin_line();
  if (log_.json())
    append_json(lines_, e);
  else
    append_text(lines_, e);
  if (lines_.size() >= batch_bytes) hand_over();
}

// The clock's seconds are put into words once each.
void access_lines::begin_line() {
  using namespace std::chrono;
  auto const now = duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
  if (auto const second = static_cast<std::time_t>(now / 1000); second != second_at_) {
    std::tm utc{};
    ::gmtime_r(&second, &utc);
    second_.resize(32);
    second_.resize(std::strftime(second_.data(), second_.size(), "%Y-%m-%dT%H:%M:%S.", &utc));
    second_at_ = second;
  }
  if (log_.json()) lines_.append(R"({"time":")");
  append_thousandth(lines_.append(second_), static_cast<std::uint64_t>(now % 1000));
  lines_.append(log_.json() ? R"(Z",)" : "Z ");
}

void access_lines::hand_over() {
  if (lines_.empty()) return;
  log_.hand_over(std::move(lines_));
  lines_ = {};
  lines_.reserve(batch_bytes + 4096);
}

}  // namespace litefs::proxy
