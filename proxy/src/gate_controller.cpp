#include "litefs/proxy/gate_controller.hpp"

#include <spdlog/spdlog.h>
#include <boost/json/array.hpp>

#include <algorithm>
#include <utility>

#include "litefs/proxy/process_name.hpp"

namespace litefs::proxy {

namespace asio = boost::asio;
namespace json = boost::json;
using clock = std::chrono::steady_clock;

gate_controller::gate_controller(asio::io_context& context, publisher& publish, std::string const& page,
                                 bool enabled, gate_policy::options options)
    : publish_(publish),
      policy_(options),
      pages_(std::in_place, read_pages_folder(page)),
      timer_(context),
      enabled_(enabled) {}

void gate_controller::primary_at(std::string_view database, position const& at) {
  policy_.primary_at(database, at, clock::now());
  decide();
}

void gate_controller::local_at(std::string_view database, position const& at) {
  policy_.local_at(database, at, clock::now());
  decide();
}

void gate_controller::primary_unknown() {
  policy_.primary_unknown();
  decide();
}

void gate_controller::decide() {
  auto* const gate = enabled_ ? publish_.gate() : nullptr;
  if (gate == nullptr) return;
  auto const now = clock::now();
  bool const before = std::exchange(closed_, policy_.closed(now));
  if ((closed_ && policy_.closed_for(now) >= look_after) || long_read_) look(now);
  if (closed_) {
    gate->close(lease);
  } else if (before) {
    gate->open();
  }
  if (closed_ && !before) {
    ++counters_.closings;
    closed_since_ = now;
  } else if (before && !closed_) {
    counters_.closed += std::chrono::duration_cast<std::chrono::microseconds>(now - closed_since_);
  }
  arm(now);
}

// One timer for whatever comes first; a decision in between sets it anew.
void gate_controller::arm(time_point now) {
  auto next = policy_.due();
  auto const sooner = [&next](time_point t) { next = next ? std::min(*next, t) : t; };
  if (closed_) sooner(now + renewal);
  if (long_read_ && policy_.behind()) sooner(look_due_);
  timer_.cancel();
  if (!next) return;
  timer_.expires_at(*next);
  timer_.async_wait([this](boost::system::error_code cancelled) {
    if (!cancelled) decide();
  });
}

json::object gate_controller::status() {
  auto const reads = pages_ ? pages_->look() : node_reads();
  json::array open;
  for (auto const& r : reads.open) {
    open.push_back({{"pid", r.pid}, {"process", process_name(r.pid)}, {"reading_ms", r.age.count()}});
  }
  json::object facts{{"enabled", enabled_},
                     {"closed", closed_},
                     {"behind", policy_.behind()},
                     {"closings", counters_.closings},
                     {"closed_ms", counters_.closed.count() / 1000},
                     {"reading", std::move(open)}};
  for (std::size_t i = 0; i < read_count_kinds; ++i)
    facts[to_string(static_cast<read_count>(i))] = reads.counts[i];
  return facts;
}

void gate_controller::look(time_point now) {
  if (now < look_due_) return;
  look_due_ = now + look_again;
  auto const open = pages_ ? pages_->look().open : std::vector<open_read>();
  bool const found = !open.empty() && open.front().age >= long_read;
  if (found && !long_read_) {
    spdlog::warn("replication waits for process {} ({}), which has been reading for {} ms", open.front().pid,
                 process_name(open.front().pid), open.front().age.count());
  }
  long_read_ = found;
  policy_.long_read(found);
  closed_ = policy_.closed(now);
}

}  // namespace litefs::proxy
