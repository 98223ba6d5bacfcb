// litefs-proxy: reads the command line and calls the subcommand.
#include <exception>
#include <iostream>

#include <CLI/CLI.hpp>

#include "litefs/proxy/commands.hpp"
#include "litefs/proxy/keeper.hpp"
#include "litefs/proxy/run.hpp"
#include "litefs/proxy/service_notice.hpp"

namespace {

using namespace litefs::proxy;

int run_command(run_arguments const& arguments) {
  if (arguments.parent != 0) end_with_parent(arguments.parent);
  auto loaded = configuration(arguments);
  if (auto const* const code = std::get_if<int>(&loaded)) return *code;
  return run(std::move(std::get<litefs::proxy_config>(loaded)),
             [arguments] { return load_configuration(arguments); });
}

int dispatch(int argc, char** argv) {
  CLI::App app("The front door and supervisor of a LiteFS node");
  app.require_subcommand(1);
  int code = 0;

  run_arguments running;
  auto* const run = app.add_subcommand("run", "serve, and supervise LiteFS and the app");
  run->add_option("--config", running.config, "configuration file");
  run->add_option("--addr", running.addr, "address to listen on, with --single");
  run->add_option("--target", running.target, "address of the app, with --single");
  run->add_flag("--single", running.single, "without LiteFS");
  run->add_option("--threads", running.threads, "worker threads (0: one per core)");
  run->add_option("--parent", running.parent, "stop when this process, our parent, ends");
  run->callback([&] { code = run_command(running); });

  std::string file;
  auto* const check = app.add_subcommand("check", "validate a configuration and print its effective form");
  check->add_option("--config", file, "configuration file");
  bool keys = false;
  check->add_flag("--keys", keys, "list every key and its default instead");
  check->require_option(1);
  check->callback([&] { code = keys ? keys_command() : check_command(file); });

  status_arguments asked;
  auto* const status = app.add_subcommand("status", "what a running node says of itself");
  status->add_option("--addr", asked.addr, "its address")->capture_default_str();
  status->add_option("--socket", asked.socket, "its control socket instead");
  status->add_flag("--json", asked.json, "as JSON");
  status->callback([&] { code = status_command(asked); });

  std::string socket;
  bool force = false;
  auto* const promote = app.add_subcommand("promote", "make this node the primary");
  promote->add_option("--socket", socket, "control socket of this node")->required();
  promote->add_flag("--force", force, "although other nodes may hold more, which is lost then");
  promote->callback([&] { code = promote_command(socket, force); });

  std::string lost;
  auto* const forget = app.add_subcommand("forget", "a candidate that will never come back");
  forget->add_option("hostname", lost, "its name in the cluster")->required();
  forget->add_option("--socket", socket, "control socket of the primary")->required();
  forget->callback([&] { code = forget_command(socket, lost); });

  app.add_subcommand("version", "version of this program and its libraries")->callback([&] {
    code = version_command();
  });

  keeper_options keeping;
  auto* const keeper = app.add_subcommand("keeper", "internal: the process that touches the mount");
  keeper->group("");  // not shown
  keeper->add_option("--mount", keeping.mount)->required();
  keeper->add_option("--database", keeping.databases);
  keeper->callback([&] { code = run_keeper(keeping); });

  CLI11_PARSE(app, argc, argv);
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return dispatch(argc, argv);
  } catch (std::exception const& e) {
    std::cerr << "litefs-proxy: " << e.what() << '\n';
    return 1;
  }
}
