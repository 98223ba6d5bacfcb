#include "litefs/proxy/forwarded.hpp"

namespace litefs::proxy {

std::string forwarded::subject() const {
  std::string joined = for_;
  joined.append(1, '\n').append(proto).append(1, '\n').append(host);
  return joined;
}

std::string_view find_field(std::vector<header_field> const& fields, std::string_view name) noexcept {
  for (auto const& field : fields)
    if (iequals(field.name, name)) return field.value;
  return {};
}

forwarded received_forwarded(request_head const& head) {
  forwarded f;
  for (auto const& [name, value] : head.fields) {
    if (name.size() < 15 || (name[0] != 'X' && name[0] != 'x')) continue;
    if (iequals(name, "X-Forwarded-For")) {
      if (!f.for_.empty()) f.for_ += ", ";
      f.for_ += value;
    } else if (iequals(name, "X-Forwarded-Proto")) {
      f.proto = value;
    } else if (iequals(name, "X-Forwarded-Host")) {
      f.host = value;
    }
  }
  return f;
}

forwarded continue_forwarded(forwarded received, bool believed, std::string_view client,
                             std::string_view host) {
  if (!believed) received = {};
  if (!received.for_.empty()) received.for_ += ", ";
  received.for_ += client;
  if (received.proto.empty()) received.proto = "http";
  if (received.host.empty()) received.host = host;
  return received;
}

}  // namespace litefs::proxy
