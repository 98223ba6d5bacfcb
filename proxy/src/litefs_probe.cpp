#include "litefs/proxy/litefs_probe.hpp"

#include <boost/json.hpp>

#include "litefs/proxy/http_call.hpp"

namespace litefs::proxy {

namespace asio = boost::asio;
namespace json = boost::json;
using clock = std::chrono::steady_clock;

asio::awaitable<void> litefs_probe::run() {
  condition::predicate told = [this] { return stopped_; };
  while (!stopped_) {
    auto const next = clock::now() + interval;
    co_await ask();
    co_await changed_.wait(next, told);
  }
}

void litefs_probe::stop() {
  stopped_ = true;
  changed_.notify();
}

std::chrono::milliseconds litefs_probe::age() const noexcept { return boot_clock::now() - well_at_; }

asio::awaitable<void> litefs_probe::ask() {
  auto const asked = boot_clock::now();
  auto request = make_request("GET", "/info");
  call_limits const limits{.connect = answer_max, .total = answer_max};
  auto const answer = co_await call(api_, std::move(request), limits);
  if (!answer || answer->result_int() != 200) co_return;
  boost::system::error_code failed;
  auto const info = json::parse(answer->body(), failed);
  if (failed || !info.is_object()) co_return;
  auto const* const candidate = info.get_object().if_contains("candidate");
  candidate_ = candidate != nullptr && candidate->is_bool() && candidate->get_bool();
  well_at_ = asked;
  if (on_answer) on_answer(asked);
}

}  // namespace litefs::proxy
