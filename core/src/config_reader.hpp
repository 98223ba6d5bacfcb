// How configuration values are read from and written to YAML: one table of fields per struct serves reading,
// the effective dump and the list of known keys.
//
// Private to core. Errors are collected in the reader, never thrown; a value that cannot be read keeps its
// default.
#pragma once

#include <yaml-cpp/yaml.h>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "litefs/config.hpp"

namespace litefs::configuration {

class reader {
 public:
  reader(std::string file, environment const& env) : file_(std::move(file)), env_(env) {}

  // An error at a node that is at hand, or at a key that was read before (else at the nearest parent that
  // was).
  void fail(YAML::Mark const& mark, std::string const& key, std::string message, std::string fix);
  void fail(std::string const& key, std::string message, std::string fix);
  // The text of a scalar with `${NAME}` expanded; nullopt (and an error) if it is no scalar or a variable is
  // unset.
  [[nodiscard]] std::optional<std::string> text(YAML::Node const& node, std::string const& key);
  // The entries of a map by key; repeated and unknown ones are errors. `known` empty: any key.
  [[nodiscard]] std::vector<std::pair<std::string, YAML::Node>> entries(
      YAML::Node const& node, std::string const& key, std::vector<std::string> const& known);
  // An environment variable that is not written in the file.
  [[nodiscard]] std::optional<std::string> variable(std::string const& name) const { return env_(name); }
  [[nodiscard]] bool seen(std::string const& key) const { return marks_.contains(key); }
  [[nodiscard]] std::vector<config_error> take_errors() { return std::move(errors_); }

 private:
  std::string file_;
  environment const& env_;
  std::map<std::string, YAML::Mark> marks_;
  std::vector<config_error> errors_;
};

[[nodiscard]] std::string join_key(std::string const& parent, std::string const& name);

// A type that is written as one scalar.
template <class T>
struct scalar {
  std::string expected;  // "a duration"
  std::string example;   // "10s"
  std::function<std::optional<T>(std::string const&)> parse;
  std::function<std::string(T const&)> format;

  // `out`: a T or an optional one.
  void read(reader& in, YAML::Node const& node, std::string const& key, auto& out) const {
    auto const text = in.text(node, key);
    if (!text) return;
    auto value = parse(*text);
    if (value) {
      out = std::move(*value);
    } else {
      in.fail(node.Mark(), key, "'" + *text + "' is not " + expected, "write for example " + example);
    }
  }
  [[nodiscard]] YAML::Node write(T const& value) const { return YAML::Node(format(value)); }
};

// A list of such; a single scalar stands for a list of one.
template <class T>
struct list_of {
  scalar<T> element;

  void read(reader& in, YAML::Node const& node, std::string const& key, std::vector<T>& out) const {
    auto const read_one = [&](YAML::Node const& item) {
      std::optional<T> value;
      element.read(in, item, key, value);
      if (value) out.push_back(std::move(*value));
    };
    out.clear();
    if (!node.IsSequence()) return read_one(node);
    for (auto const& item : node) read_one(item);
  }
  [[nodiscard]] YAML::Node write(std::vector<T> const& values) const {
    YAML::Node node(YAML::NodeType::Sequence);
    node.SetStyle(YAML::EmitterStyle::Flow);
    for (auto const& value : values) node.push_back(element.format(value));
    return node;
  }
};

// One key of the struct S.
template <class S>
struct field {
  std::string name;
  std::function<void(reader&, YAML::Node const&, std::string const& key, S&)> read;
  std::function<YAML::Node(S const&)> write;
};

template <class S, class M, class Codec>
[[nodiscard]] field<S> make_field(std::string name, M S::*member, Codec codec) {
  return {std::move(name),
          [=](reader& in, YAML::Node const& node, std::string const& key, S& out) {
            codec.read(in, node, key, out.*member);
          },
          [=](S const& value) { return codec.write(value.*member); }};
}

template <class S>
void read_struct(reader& in, YAML::Node const& node, std::string const& key,
                 std::vector<field<S>> const& fields, S& out) {
  std::vector<std::string> names;
  for (auto const& f : fields) names.push_back(f.name);
  for (auto const& [name, value] : in.entries(node, key, names)) {
    for (auto const& f : fields) {
      if (f.name == name) f.read(in, value, join_key(key, name), out);
    }
  }
}

template <class S>
[[nodiscard]] YAML::Node write_struct(std::vector<field<S>> const& fields, S const& value) {
  YAML::Node node(YAML::NodeType::Map);
  for (auto const& f : fields) node[f.name] = f.write(value);
  return node;
}

// A struct inside a struct, as a codec.
template <class S>
struct nested {
  std::vector<field<S>> fields;

  void read(reader& in, YAML::Node const& node, std::string const& key, S& out) const {
    read_struct(in, node, key, fields, out);
  }
  [[nodiscard]] YAML::Node write(S const& value) const { return write_struct(fields, value); }
};

template <class S>
struct present {  // an optional struct: there as soon as its key is
  nested<S> inner;

  void read(reader& in, YAML::Node const& node, std::string const& key, std::optional<S>& out) const {
    inner.read(in, node, key, out.emplace());
  }
  [[nodiscard]] YAML::Node write(std::optional<S> const& value) const {
    return value ? inner.write(*value) : YAML::Node(YAML::NodeType::Null);
  }
};

template <class S>
struct several {  // a list of structs
  nested<S> inner;

  void read(reader& in, YAML::Node const& node, std::string const& key, std::vector<S>& out) const {
    if (!node.IsSequence()) {
      in.fail(node.Mark(), key, "must be a list of maps", "write '- name: …' lines below it");
      return;
    }
    for (auto const& item : node) {
      auto const item_key = key + '[' + std::to_string(out.size()) + ']';
      inner.read(in, item, item_key, out.emplace_back());
    }
  }
  [[nodiscard]] YAML::Node write(std::vector<S> const& values) const {
    YAML::Node node(YAML::NodeType::Sequence);
    for (auto const& value : values) node.push_back(inner.write(value));
    return node;
  }
};

// TLS of listeners and towards peers; config_tls.cpp.
[[nodiscard]] std::vector<field<tls_listener>> tls_fields();
[[nodiscard]] std::vector<field<peer_tls>> peer_tls_fields();
void check_tls(reader& in, proxy_config const& config);

// The whole table; what a file may say at its top level.
[[nodiscard]] std::vector<field<proxy_config>> top_fields();
// What is missing, impossible together or follows from other settings.
void complete(reader& in, proxy_config& config);

}  // namespace litefs::configuration
