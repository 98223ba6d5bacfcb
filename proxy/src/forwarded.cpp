#include "litefs/proxy/forwarded.hpp"

namespace litefs::proxy {

std::string forwarded::subject() const {
  std::string joined = for_;
  joined.append(1, '\n').append(proto).append(1, '\n').append(host);
  for (auto const& [name, value] : others) joined.append(1, '\n').append(name).append(1, ':').append(value);
  return joined;
}

std::string_view find_field(std::vector<header_field> const& fields, std::string_view name) noexcept {
  for (auto const& field : fields)
    if (iequals(field.name, name)) return field.value;
  return {};
}

forwarded received_forwarded(accepted_request const& request) {
  forwarded f;
  for (auto const& [name, value] : request.forwarded) {
    if (iequals(name, "X-Forwarded-For")) {
      if (!f.for_.empty()) f.for_ += ", ";
      f.for_ += value;
    } else if (iequals(name, "X-Forwarded-Proto")) {
      f.proto = value;
    } else if (iequals(name, "X-Forwarded-Host")) {
      f.host = value;
    } else {
      f.others.push_back({name, value});
    }
  }
  return f;
}

forwarded continue_forwarded(forwarded received, bool believed, std::string_view client,
                             std::string_view host, std::string_view scheme) {
  if (!believed) received = {};
  if (client != unix_client) {
    if (!received.for_.empty()) received.for_ += ", ";
    received.for_ += client;
  }
  if (received.proto.empty()) received.proto = scheme;
  if (received.host.empty()) received.host = host;
  return received;
}

}  // namespace litefs::proxy
