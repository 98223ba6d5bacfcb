#include "litefs/proxy/metric_page.hpp"

#include <prometheus/text_serializer.h>

#include <chrono>
#include <limits>

namespace litefs::proxy {

namespace {

double seconds(std::chrono::microseconds d) { return std::chrono::duration<double>(d).count(); }

}  // namespace

metric_page::family metric_page::begin(prometheus::MetricType type, std::string name, std::string help) {
  families_.push_back({.name = std::move(name), .help = std::move(help), .type = type, .metric = {}});
  return family(families_.back());
}

metric_page::family& metric_page::family::add(labels of, double value) {
  auto& sample = to_.metric.emplace_back();
  sample.label = std::move(of);
  if (to_.type == prometheus::MetricType::Counter)
    sample.counter.value = value;
  else
    sample.gauge.value = value;
  return *this;
}

metric_page::family& metric_page::family::add(labels of, std::vector<proxy::histogram const*> const& parts) {
  constexpr auto buckets = proxy::histogram::bounds.size() + 1;
  auto& sample = to_.metric.emplace_back();
  sample.label = std::move(of);
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < buckets; ++i) {
    for (auto const* part : parts) total += part->count(i);
    bool const last = i + 1 == buckets;
    sample.histogram.bucket.push_back({.cumulative_count = total,
                                       .upper_bound = last ? std::numeric_limits<double>::infinity()
                                                           : seconds(proxy::histogram::bounds[i])});
  }
  sample.histogram.sample_count = total;
  for (auto const* part : parts) sample.histogram.sample_sum += seconds(part->sum());
  return *this;
}

std::string metric_page::text() const {
  prometheus::TextSerializer const serializer;
  return serializer.Serialize(families_);
}

}  // namespace litefs::proxy
