#include "litefs/proxy/thread_counts.hpp"

#include <algorithm>

namespace litefs::proxy {

namespace {

void observe_some(histogram& into, std::chrono::microseconds took) noexcept {
  if (took.count() > 0) into.observe(took);
}

}  // namespace

void thread_counts::refused(std::string_view why) noexcept {
  auto const known = std::find(refusal_reasons.begin(), refusal_reasons.end() - 1, why);
  refusals[static_cast<std::size_t>(known - refusal_reasons.begin())].add();
}

std::uint64_t thread_counts::all_refusals() const noexcept {
  std::uint64_t n = 0;
  for (auto const& c : refusals) n += c.value();
  return n;
}

void thread_counts::ended(route const& r, role here, int status, std::chrono::microseconds took,
                          request_times const& times) noexcept {
  requests.add(r, here, status);
  duration[static_cast<std::size_t>(r.action)].observe(took);
  observe_some(held, times.held);
  observe_some(behind, times.behind);
  observe_some(queued, times.queued);
  observe_some(acknowledging, times.acknowledging);
}

}  // namespace litefs::proxy
