#include "litefs/proxy/position_reader.hpp"

#include <boost/system/errc.hpp>
#include <utility>

namespace litefs::proxy {

result<std::vector<database_position>> position_reader::read() {
  std::vector<database_position> all;
  for (auto const& name : databases_) {
    auto const pos = read_one(name);
    if (pos)
      all.push_back({name, *pos});
    else if (pos.error() != boost::system::errc::no_such_file_or_directory)
      return pos.error();
  }
  return all;
}

// A descriptor that was kept may be of a file that is gone: the second try opens it anew.
result<position> position_reader::read_one(std::string const& database) {
  if (auto const kept = files_.find(database); kept != files_.end()) {
    if (auto const pos = kept->second.read()) return pos;
    files_.erase(kept);
  }
  auto opened = position_file::open(mount_, database);
  if (!opened) return opened.error();
  auto const pos = opened->read();
  if (pos) files_.emplace(database, std::move(*opened));
  return pos;
}

}  // namespace litefs::proxy
