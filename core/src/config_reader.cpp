#include "config_reader.hpp"

#include <algorithm>
#include <numeric>
#include <set>

namespace litefs::configuration {
namespace {

// How many letters to add, drop or change to make one from the other.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0U);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      auto const changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({changed, row[j] + 1, row[j - 1] + 1}));
    }
  }
  return row.back();
}

std::string nearest(std::string const& name, std::vector<std::string> const& known) {
  return *std::ranges::min_element(known, {}, [&](auto const& k) { return edit_distance(name, k); });
}

std::string parent_of(std::string const& key) {
  auto const end = key.find_last_of(".[");
  return end == std::string::npos ? "" : key.substr(0, end);
}

}  // namespace

std::string join_key(std::string const& parent, std::string const& name) {
  return parent.empty() ? name : parent + '.' + name;
}

void reader::fail(YAML::Mark const& mark, std::string const& key, std::string message, std::string fix) {
  bool const known = !mark.is_null();
  errors_.push_back({file_, known ? mark.line + 1 : 0, known ? mark.column + 1 : 0, key, std::move(message),
                     std::move(fix)});
}

void reader::fail(std::string const& key, std::string message, std::string fix) {
  auto at = key;
  while (!at.empty() && !marks_.contains(at)) at = parent_of(at);
  auto const mark = marks_.find(at);
  fail(mark == marks_.end() ? YAML::Mark::null_mark() : mark->second, key, std::move(message),
       std::move(fix));
}

std::optional<std::string> reader::text(YAML::Node const& node, std::string const& key) {
  if (!node.IsScalar()) {
    fail(node.Mark(), key, node.IsNull() ? "has no value" : "must be a single value",
         "write a value behind the colon");
    return std::nullopt;
  }
  std::string out;
  std::string_view rest = node.Scalar();
  while (true) {
    auto const start = rest.find("${");
    out += rest.substr(0, start);
    if (start == std::string_view::npos) return out;
    auto const end = rest.find('}', start);
    if (end == std::string_view::npos) {
      fail(node.Mark(), key, "has a '${' without '}'", "write ${NAME} for the environment variable NAME");
      return std::nullopt;
    }
    std::string const name(rest.substr(start + 2, end - start - 2));
    auto const value = env_(name);
    if (!value) {
      fail(node.Mark(), key, "the environment variable " + name + " is not set",
           "set " + name + " or write the value itself");
      return std::nullopt;
    }
    out += *value;
    rest.remove_prefix(end + 1);
  }
}

std::vector<std::pair<std::string, YAML::Node>> reader::entries(YAML::Node const& node,
                                                                std::string const& key,
                                                                std::vector<std::string> const& known) {
  std::vector<std::pair<std::string, YAML::Node>> all;
  if (!node.IsMap()) {
    fail(node.Mark(), key, "must be a map of keys and values", "write 'key: value' lines below it");
    return all;
  }
  std::set<std::string> names;
  for (auto const& entry : node) {
    auto const name = entry.first.IsScalar() ? entry.first.Scalar() : "?";
    auto const path = join_key(key, name);
    if (!names.insert(name).second) {
      fail(entry.first.Mark(), path, "is given twice", "keep one of them");
    } else if (!known.empty() && std::ranges::find(known, name) == known.end()) {
      fail(entry.first.Mark(), path, "is no known key", "did you mean '" + nearest(name, known) + "'?");
    } else {
      marks_.emplace(path, entry.first.Mark());
      all.emplace_back(name, entry.second);
    }
  }
  return all;
}

}  // namespace litefs::configuration
