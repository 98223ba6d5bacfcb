#include "litefs/proxy/access_log.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace litefs::proxy {

namespace {

constexpr std::size_t batch_bytes = 32 * 1024;
constexpr std::size_t waiting_bytes_max = 4 * 1024 * 1024;
constexpr std::chrono::milliseconds patience{1'000};  // the background thread's; also what a stop may wait

bool plain(char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; }

// Writes into memory that is known to be large enough: see longest().
class pen {
 public:
  explicit pen(char* at) noexcept : at_(at) {}

  pen& text(std::string_view t) noexcept {
    at_ = std::copy(t.begin(), t.end(), at_);
    return *this;
  }
  pen& number(std::uint64_t n) noexcept {
    at_ = std::to_chars(at_, at_ + 20, n).ptr;
    return *this;
  }
  pen& thousandth(std::uint64_t n) noexcept {  // three digits
    *at_++ = static_cast<char>('0' + n / 100);
    *at_++ = static_cast<char>('0' + n / 10 % 10);
    *at_++ = static_cast<char>('0' + n % 10);
    return *this;
  }
  pen& ms(std::chrono::microseconds d) noexcept {
    auto const us = static_cast<std::uint64_t>(std::max<std::chrono::microseconds::rep>(d.count(), 0));
    return number(us / 1000).text(".").thousandth(us % 1000);
  }
  // Bytes of a client never break a line or a terminal.
  pen& quoted(std::string_view t) noexcept {
    constexpr std::string_view digits("0123456789abcdef");
    *at_++ = '"';
    for (char const c : t) {
      auto const u = static_cast<unsigned char>(c);
      if (plain(c))
        *at_++ = c;
      else if (u >= 0x20 && u < 0x7f)
        text("\\").text({&c, 1});
      else
        text("\\u00").text(digits.substr(u >> 4U, 1)).text(digits.substr(u & 15U, 1));
    }
    *at_++ = '"';
    return *this;
  }
  [[nodiscard]] char* at() const noexcept { return at_; }

 private:
  char* at_;
};

// Beyond which no line of this request goes.
std::size_t longest(access_entry const& e) noexcept {
  constexpr std::size_t fixed = 512;  // names, numbers, the time
  return fixed + e.client.size() + e.method.size() + 6 * e.target.size() + e.action.size() + e.reason.size() +
         e.node.size() + e.id.size();
}

void write_json(pen& out, access_entry const& e) noexcept {
  out.text(R"("client":")").text(e.client).text(R"(","method":")").text(e.method);
  out.text(R"(","target":)").quoted(e.target);
  out.text(R"(,"status":)").number(static_cast<std::uint64_t>(e.status));
  out.text(R"(,"in":)").number(e.bytes_in).text(R"(,"out":)").number(e.bytes_out);
  out.text(R"(,"ms":)").ms(e.took).text(R"(,"waited_ms":)").ms(e.waited);
  out.text(R"(,"upstream_ms":)").ms(e.upstream);
  out.text(R"(,"action":")").text(e.action).text(R"(","reason":")").text(e.reason);
  out.text(R"(","node":")").text(e.node).text(R"(","id":")").text(e.id).text("\"}\n");
}

void write_text(pen& out, access_entry const& e) noexcept {
  out.text(e.client).text(" ").text(e.method).text(" ").quoted(e.target);
  out.text(" ").number(static_cast<std::uint64_t>(e.status));
  out.text(" ").number(e.bytes_in).text(" ").number(e.bytes_out);
  out.text(" ").ms(e.took).text("ms waited=").ms(e.waited).text("ms upstream=").ms(e.upstream);
  out.text("ms ").text(e.action).text("/").text(e.reason);
  out.text(" ").text(e.node).text(" ").text(e.id).text("\n");
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
    dropped_.store(writer_.all_lost(), std::memory_order_relaxed);
    lock.lock();
  }
}

access_lines::access_lines(access_log& to, sweep& ticks) : log_(to) { ticks.watch(*this); }

void access_lines::write(access_entry const& e) {
  if (!log_.enabled()) return;
  begin_line();
  auto const begun = lines_.size();
  lines_.resize(begun + longest(e));
  pen out(lines_.data() + begun);
  if (log_.json())
    write_json(out, e);
  else
    write_text(out, e);
  lines_.resize(static_cast<std::size_t>(out.at() - lines_.data()));
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
  std::array<char, 3> ms{};
  pen(ms.data()).thousandth(static_cast<std::uint64_t>(now % 1000));
  lines_.append(log_.json() ? R"({"time":")" : "").append(second_).append(ms.data(), ms.size());
  lines_.append(log_.json() ? R"(Z",)" : "Z ");
}

void access_lines::hand_over() {
  if (lines_.empty()) return;
  log_.hand_over(std::move(lines_));
  lines_ = {};
  lines_.reserve(batch_bytes + 4096);
}

}  // namespace litefs::proxy
