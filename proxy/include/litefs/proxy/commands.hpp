// The subcommands of litefs-proxy beside `run` and `keeper`. Each prints to standard output or error and
// returns the exit code.
//
// status, promote, forget: 0 good, 1 not. check: 0 valid, 2 with one line per error. Blocking; used by main()
// only.
#pragma once

#include <string>
#include <variant>

#include "litefs/config.hpp"

namespace litefs::proxy {

// How `run` may be configured without a file.
struct run_arguments {
  std::string config;
  std::string addr;
  std::string target;
  bool single = false;
  std::size_t threads = 0;
  int parent = 0;  // process id; 0: we outlive whoever started us
};
struct status_arguments {
  std::string addr = "127.0.0.1:8081";
  std::string socket;
  bool json = false;
};

[[nodiscard]] config_result load_configuration(run_arguments const& arguments);
// Prints the errors and returns 2 if there are any.
[[nodiscard]] std::variant<proxy_config, int> configuration(run_arguments const& arguments);

int check_command(std::string const& config_file);
int keys_command();  // every configuration key with its default, for the documentation's test
int status_command(status_arguments const& arguments);
int promote_command(std::string const& socket, bool force);
int forget_command(std::string const& socket, std::string const& hostname);
int version_command();

}  // namespace litefs::proxy
