#include "litefs/event.hpp"

#include "litefs/hostname.hpp"

#include <boost/json.hpp>

namespace litefs {
namespace {

namespace json = boost::json;

constexpr std::size_t line_max = 64 * 1024;

json::string const* find_string(json::object const& object, std::string_view key) {
  auto const* value = object.if_contains(key);
  return value ? value->if_string() : nullptr;
}

result<event> parse_primary(json::object const& data) {
  auto const* is_primary = data.if_contains("isPrimary");
  if (!is_primary || !is_primary->is_bool()) return errc::bad_event;
  primary_event e{is_primary->get_bool(), {}};
  if (data.contains("hostname")) {
    auto const* hostname = find_string(data, "hostname");
    if (!hostname || (!hostname->empty() && !valid_hostname(*hostname))) return errc::bad_event;
    e.hostname = *hostname;
  }
  return e;
}

result<event> parse_tx(json::object const& line, json::object const& data) {
  auto const* database = find_string(line, "db");
  auto const* id = find_string(data, "txID");
  auto const* checksum = find_string(data, "postApplyChecksum");
  if (!database || database->empty() || !id || !checksum) return errc::bad_event;
  auto const txid = parse_txid(*id);
  auto const sum = parse_hex64(*checksum);
  if (!txid || !sum) return errc::bad_event;
  return tx_event{std::string(*database), {*txid, *sum}};
}

}  // namespace

result<event> parse_event(std::string_view line) {
  if (line.size() > line_max) return errc::bad_event;
  boost::system::error_code error;
  auto const value = json::parse(line, error);
  auto const* object = error ? nullptr : value.if_object();
  auto const* type = object ? find_string(*object, "type") : nullptr;
  if (!type) return errc::bad_event;

  bool const primary = *type == "init" || *type == "primaryChange";
  if (!primary && *type != "tx") return unknown_event{};
  auto const* data = object->if_contains("data");
  if (!data || !data->is_object()) return errc::bad_event;
  return primary ? parse_primary(data->get_object()) : parse_tx(*object, data->get_object());
}

}  // namespace litefs
