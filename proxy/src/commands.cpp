#include "litefs/proxy/commands.hpp"

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <utility>

#include <openssl/crypto.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/json.hpp>
#include <boost/version.hpp>

#include "litefs/proxy/http_call.hpp"
#include "litefs/proxy/live_config.hpp"
#include "litefs/proxy/version.hpp"

namespace litefs::proxy {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr int failed = 1;
constexpr int bad_configuration = 2;
constexpr call_limits status_limits{.connect = milliseconds{1'000}, .total = milliseconds{3'000}};
constexpr call_limits promote_limits{.connect = milliseconds{1'000}, .total = milliseconds{60'000}};

std::optional<std::string> from_environment(std::string const& name) {
  char const* const value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

std::variant<proxy_config, int> accept(config_result loaded) {
  if (auto* const config = std::get_if<proxy_config>(&loaded)) return std::move(*config);
  for (auto const& e : std::get<std::vector<config_error>>(loaded)) std::cerr << to_string(e) << '\n';
  return bad_configuration;
}

std::string quoted(std::string const& text) { return json::serialize(json::string(text)); }

endpoint at_socket(std::string const& path) { return {.host = {}, .port = 0, .unix_path = path}; }

result<call_response> call_and_wait(endpoint const& to, call_request request, call_limits limits) {
  asio::io_context context;
  auto answer = asio::co_spawn(context, call(to, std::move(request), limits), asio::use_future);
  context.run();
  return answer.get();
}

json::object body_of(call_response const& answer) {
  boost::system::error_code ignored;
  auto const value = json::parse(answer.body(), ignored);
  return value.is_object() ? value.get_object() : json::object{};
}

std::string text_of(json::object const& o, std::string_view key) {
  auto const* const v = o.if_contains(key);
  if (v == nullptr) return "-";
  return v->is_string() ? std::string(v->get_string()) : json::serialize(*v);
}

void print_status(json::object const& facts, bool good) {
  std::cout << (good ? "healthy" : "not healthy") << '\n';
  for (std::string_view const key :
       {"role", "primary", "mount", "lag_ms", "target", "ready", "reasons", "draining", "version"}) {
    std::printf("  %-9s %s\n", std::string(key).c_str(), text_of(facts, key).c_str());
  }
  auto const* const positions = facts.if_contains("positions");
  if (positions == nullptr || !positions->is_object()) return;
  for (auto const& [name, text] : positions->get_object()) {
    std::printf("  %s at %s\n", std::string(name).c_str(), std::string(text.get_string()).c_str());
  }
}

}  // namespace

std::variant<proxy_config, int> configuration(run_arguments const& arguments) {
  if (arguments.config.empty() && (!arguments.single || arguments.addr.empty() || arguments.target.empty())) {
    std::cerr << "run needs --config FILE, or --single with --addr and --target\n";
    return bad_configuration;
  }
  return accept(load_configuration(arguments));
}

config_result load_configuration(run_arguments const& arguments) {
  auto const yaml = "addr: " + quoted(arguments.addr) + "\ntarget: " + quoted(arguments.target) + "\n";
  auto loaded = arguments.config.empty() ? load_config(yaml, "command line", from_environment)
                                         : load_config_file(arguments.config, from_environment);
  auto* const config = std::get_if<proxy_config>(&loaded);
  if (config != nullptr && arguments.threads != 0) config->threads = arguments.threads;
  return loaded;
}

int check_command(std::string const& config_file) {
  auto const loaded = accept(load_config_file(config_file, from_environment));
  if (auto const* const code = std::get_if<int>(&loaded)) return *code;
  auto made = load_live(std::get<proxy_config>(loaded));  // the files that it names, too
  auto const* const live = std::get_if<live_ptr>(&made);
  if (live == nullptr) {
    for (auto const& e : std::get<std::vector<config_error>>(made)) std::cerr << to_string(e) << '\n';
    return bad_configuration;
  }
  std::cout << dump_config((*live)->config);
  return 0;
}

int keys_command() {
  for (auto const& [key, value] : known_keys()) std::cout << key << ' ' << value << '\n';
  return 0;
}

int status_command(status_arguments const& arguments) {
  auto const to =
      arguments.socket.empty() ? parse_endpoint(arguments.addr) : std::optional(at_socket(arguments.socket));
  if (!to) {
    std::cerr << "no address: " << arguments.addr << '\n';
    return bad_configuration;
  }
  auto const* const path = arguments.socket.empty() ? "/litefs/health" : "/status";
  auto const answer = call_and_wait(*to, make_request("GET", path), status_limits);
  if (!answer) {
    std::cerr << "no litefs-proxy answers at " << to_string(*to) << ": " << answer.error().message() << '\n';
    return failed;
  }
  bool const good = answer->result_int() == 200;
  if (arguments.json) {
    std::cout << answer->body();
  } else {
    print_status(body_of(*answer), good);
  }
  return good ? 0 : failed;
}

int promote_command(std::string const& socket, bool force) {
  auto request = make_request("POST", "/promote", force ? R"({"force":true})" : "");
  auto const answer = call_and_wait(at_socket(socket), std::move(request), promote_limits);
  if (!answer) {
    std::cerr << "no litefs-proxy answers at " << socket << ": " << answer.error().message() << '\n';
    return failed;
  }
  auto const facts = body_of(*answer);
  if (answer->result_int() == 200 && force) {
    std::cout << "this node becomes the primary\n";
    return 0;
  }
  if (answer->result_int() == 200) {
    std::cout << "this node is primary now; writes were held for " << text_of(facts, "hold_ms") << " ms\n";
    return 0;
  }
  std::cerr << "not promoted: " << text_of(facts, "error") << '\n';
  return failed;
}

int forget_command(std::string const& socket, std::string const& hostname) {
  auto request = make_request("POST", "/forget", hostname);
  auto const answer = call_and_wait(at_socket(socket), std::move(request), status_limits);
  if (!answer) {
    std::cerr << "no litefs-proxy answers at " << socket << ": " << answer.error().message() << '\n';
    return failed;
  }
  if (answer->result_int() == 200) {
    std::cout << hostname << " is no candidate any more\n";
    return 0;
  }
  std::cerr << "not forgotten: " << text_of(body_of(*answer), "error") << '\n';
  return failed;
}

int version_command() {
  std::cout << "litefs-proxy " << version() << "\nBoost " << BOOST_VERSION / 100'000 << '.'
            << BOOST_VERSION / 100 % 1000 << '.' << BOOST_VERSION % 100 << '\n'
            << OpenSSL_version(OPENSSL_VERSION) << '\n';
  return 0;
}

}  // namespace litefs::proxy
