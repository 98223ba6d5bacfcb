// The positions of a mount's databases, read through descriptors that are kept.
//
// A database that does not exist has none and is left out; anything else that keeps a position from being
// read is the error of the whole, since a position left out would be waited for by nobody. May block for ever
// on a frozen mount: the keeper's alone. Not thread-safe.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "litefs/mount.hpp"

namespace litefs::proxy {

class position_reader {
 public:
  position_reader(std::string mount, std::vector<std::string> databases)
      : mount_(std::move(mount)), databases_(std::move(databases)) {}

  [[nodiscard]] result<std::vector<database_position>> read();
  void close() noexcept { files_.clear(); }

 private:
  [[nodiscard]] result<position> read_one(std::string const& database);

  std::string mount_;
  std::vector<std::string> databases_;
  std::map<std::string, position_file> files_;
};

}  // namespace litefs::proxy
