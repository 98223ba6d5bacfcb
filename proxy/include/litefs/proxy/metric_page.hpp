// A page in Prometheus's text format, family by family.
//
// A family without samples still shows its name, type and help. Not thread-safe; nothing fails.
#pragma once

#include <prometheus/metric_family.h>

#include <string>
#include <utility>
#include <vector>

#include "litefs/proxy/counter.hpp"

namespace litefs::proxy {

class metric_page {
 public:
  using labels = std::vector<prometheus::ClientMetric::Label>;

  // The newest family only: it is gone when the next one begins.
  class family {
   public:
    family& add(labels of, double value);
    family& add(double value) { return add({}, value); }
    // One sample out of the histograms of all threads.
    family& add(labels of, std::vector<proxy::histogram const*> const& parts);

   private:
    friend metric_page;
    explicit family(prometheus::MetricFamily& to) : to_(to) {}
    prometheus::MetricFamily& to_;
  };

  family counter(std::string name, std::string help) {
    return begin(prometheus::MetricType::Counter, std::move(name), std::move(help));
  }
  family gauge(std::string name, std::string help) {
    return begin(prometheus::MetricType::Gauge, std::move(name), std::move(help));
  }
  family histogram(std::string name, std::string help) {
    return begin(prometheus::MetricType::Histogram, std::move(name), std::move(help));
  }

  [[nodiscard]] std::string text() const;

 private:
  family begin(prometheus::MetricType type, std::string name, std::string help);

  std::vector<prometheus::MetricFamily> families_;
};

}  // namespace litefs::proxy
