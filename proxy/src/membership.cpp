#include "litefs/proxy/membership.hpp"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <sstream>
#include <utility>

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <unistd.h>
#include <boost/system/error_code.hpp>

namespace litefs::proxy {

namespace {

constexpr std::chrono::seconds goal_age_max{1};  // then a newer report is the goal

node_memory load(std::string const& file) {
  std::ifstream in(file);
  if (!in) return {};
  std::stringstream text;
  text << in.rdbuf();
  auto const found = parse_memory(text.str());
  if (found) return *found;
  spdlog::error("{}: {}: this node starts as one that remembers nothing", file, found.error().message());
  return {};
}

// Whole or not at all, also when the machine stops now.
bool store(std::string const& file, std::string const& text) {
  auto const fresh = file + ".new";
  int const fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return false;
  bool const written =
      ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(fd) == 0;
  ::close(fd);
  return written && ::rename(fresh.c_str(), file.c_str()) == 0;
}

}  // namespace

membership::membership(std::string hostname, std::string file, lineage const& history)
    : hostname_(std::move(hostname)), file_(std::move(file)), history_(history), memory_(load(file_)) {
  seen_ = memory_.generation;
}

void membership::on_state(node_state const& s) {
  bool const other = s.role != role_ || s.primary != primary_;
  role_ = s.role;
  primary_ = s.primary;
  if (other) {
    holds_ = false;
    goal_.reset();
  }
  if (other && role_ == role::primary)
    remember({.generation = std::max(seen_, memory_.generation) + 1,
              .primary = true,
              .candidates = memory_.candidates});
  look(s);
}

void membership::on_primary_report(node_report const& r, node_state const& s, time_point now) {
  if (role_ != role::replica || r.primary != primary_ || r.generation == 0) return;
  seen_ = std::max(seen_, r.generation);
  node_memory then{.generation = r.generation, .primary = false, .candidates = others(r)};
  if (holds_ && memory_.generation == r.generation) return remember(std::move(then));
  // Until this node holds that history, all of them may hold more.
  auto known = memory_;
  for (auto const& name : then.candidates) {
    if (std::ranges::find(known.candidates, name) == known.candidates.end()) known.candidates.push_back(name);
  }
  remember(std::move(known));
  if (!goal_ || now - goal_->since > goal_age_max) goal_ = goal{std::move(then), r.positions, now};
  look(s);
}

bool membership::on_peer_report(std::string const& from, node_report const& r) {
  if (role_ != role::primary || from == hostname_) return false;
  auto next = memory_;
  std::erase(next.candidates, from);
  if (r.candidate && !r.leaving) next.candidates.push_back(from);
  std::ranges::sort(next.candidates);
  bool const other = next != memory_;
  remember(std::move(next));
  return other;
}

// The same content, not only the same count: the goal was on the way of this node's history.
void membership::look(node_state const& s) {
  if (!goal_ || role_ != role::replica) return;
  bool const reached = std::ranges::all_of(goal_->positions, [&](database_position const& wanted) {
    auto const id = database_id(wanted.database);
    auto const* const own = s.find(id);
    if (own == nullptr) return false;
    return own->position == wanted.position || history_.compare(id, wanted.position) == lineage_verdict::same;
  });
  if (!reached) return;
  holds_ = true;
  remember(std::move(goal_->then));
  goal_.reset();
}

void membership::remember(node_memory m) {
  if (saved_ && m == memory_) return;
  memory_ = std::move(m);
  if (file_.empty()) return;
  saved_ = store(file_, format_memory(memory_));
  if (!saved_)
    spdlog::error("{} cannot be written: {}", file_,
                  boost::system::error_code(errno, boost::system::system_category()).message());
}

std::vector<std::string> membership::others(node_report const& r) const {
  auto names = r.holders;
  names.push_back(r.primary);
  std::erase(names, hostname_);
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
  return names;
}

}  // namespace litefs::proxy
