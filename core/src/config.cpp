#include "litefs/config.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "config_reader.hpp"
#include "litefs/hostname.hpp"

namespace litefs {
namespace {

using known_key = std::pair<std::string, std::string>;

std::string one_line(YAML::Node const& node) {
  YAML::Emitter out;
  out.SetMapFormat(YAML::Flow);
  out.SetSeqFormat(YAML::Flow);
  if (!node.IsNull()) out << node;
  return out.c_str();
}

// The leaves below a map, dotted; the first entry of a list of maps stands for all.
void flatten(YAML::Node const& node, std::string const& key, std::vector<known_key>& out) {
  bool const of_maps = node.IsSequence() && node.size() > 0 && node[0].IsMap();
  if (of_maps) return flatten(node[0], key, out);
  if (!node.IsMap() || node.size() == 0) {
    auto const text = node.IsScalar() ? node.Scalar() : one_line(node);
    out.emplace_back(key, text);
    return;
  }
  for (auto const& entry : node)
    flatten(entry.second, configuration::join_key(key, entry.first.Scalar()), out);
}

}  // namespace

std::string to_string(config_error const& e) {
  std::string text = e.file;
  if (e.line > 0) text += ':' + std::to_string(e.line) + ':' + std::to_string(e.column);
  text += ": ";
  if (!e.key.empty()) text += e.key + ": ";
  return text + e.message + (e.fix.empty() ? "" : " (fix: " + e.fix + ')');
}

config_result load_config(std::string_view yaml, std::string const& file, environment const& env) {
  configuration::reader in(file, env);
  proxy_config config;
  config.file = file;
  try {
    auto const documents = YAML::LoadAll(std::string(yaml));
    if (documents.size() != 1) {
      in.fail("", "must hold one YAML document", "write the settings as 'key: value' lines");
      return in.take_errors();
    }
    configuration::read_struct(in, documents.front(), "", configuration::top_fields(), config);
  } catch (YAML::ParserException const& e) {
    in.fail(e.mark, "", "is not YAML: " + e.msg, "check indentation and quotes there");
    return in.take_errors();
  }
  configuration::complete(in, config);
  if (auto errors = in.take_errors(); !errors.empty()) return errors;
  return config;
}

config_result load_config_file(std::string const& path, environment const& env) {
  std::ifstream file(path);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) {
    return std::vector<config_error>{{path, 0, 0, "", "cannot be read or is empty", "name a readable file"}};
  }
  return load_config(text.str(), path, env);
}

std::string dump_config(proxy_config const& config) {
  auto tree = configuration::write_struct(configuration::top_fields(), config);
  tree.remove("secret-file");
  if (!config.admin_addr) tree.remove("admin-addr");
  if (!config.litefs) tree.remove("litefs");
  YAML::Emitter out;
  out << tree;
  return std::string(out.c_str()) + '\n';
}

std::vector<std::pair<std::string, std::string>> known_keys() {
  proxy_config sample;
  sample.litefs.emplace().consul.emplace();
  sample.exec.emplace_back();
  sample.addr.push_back({"", 8081, ""});
  sample.tls.emplace_back();
  std::vector<known_key> keys;
  flatten(configuration::write_struct(configuration::top_fields(), sample), "", keys);
  return keys;
}

std::vector<endpoint> all_addresses(proxy_config const& config) {
  auto all = config.addr;
  for (auto const& l : config.tls) {
    all.push_back(l.addr);
    all.back().tls = true;
  }
  return all;
}

bool peers_use_tls(proxy_config const& config) {
  constexpr std::string_view scheme = "https://";
  if (config.primary_urls.empty()) return config.primary_url_template.starts_with(scheme);
  return std::ranges::any_of(config.primary_urls,
                             [&](auto const& u) { return u.second.starts_with(scheme); });
}

std::optional<std::string> peer_url(proxy_config const& config, std::string_view hostname) {
  if (!valid_hostname(hostname)) return std::nullopt;
  if (!config.primary_urls.empty()) {
    auto const found = config.primary_urls.find(std::string(hostname));
    return found == config.primary_urls.end() ? std::nullopt : std::optional(found->second);
  }
  constexpr std::string_view place = "{hostname}";
  auto url = config.primary_url_template;
  if (auto const at = url.find(place); at != std::string::npos) url.replace(at, place.size(), hostname);
  return url;
}

}  // namespace litefs
