#include "litefs/proxy/admin.hpp"

#include <boost/json.hpp>

#include <optional>
#include <string>
#include <utility>

#include "litefs/proxy/node.hpp"
#include "litefs/proxy/status_page.hpp"
#include "litefs/proxy/supervisor.hpp"
#include "litefs/proxy/traffic.hpp"
#include "litefs/proxy/view.hpp"
#include "litefs/proxy/worker.hpp"

namespace litefs::proxy {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr auto exposition_format = "text/plain; version=0.0.4; charset=utf-8";

own_response metrics_page(metrics_source const& from) {
  auto r = text_answer(200, render_metrics(from));
  r.content_type = exposition_format;
  return r;
}

// Health, and what is going on. Always 200: it is asked to be read, not to be judged.
json::object status_of(metrics_source const& from) {
  auto const& state = from.own.state();
  auto const& all = from.workers.all();
  auto facts = status_facts(from.shared, state, judge(from.shared, state));
  facts["hostname"] = from.shared.hostname();
  facts["connections"] = all.connections.load();
  facts["held"] = all.held.load();
  facts["waiting"] = all.waiting.load();
  facts["queued"] = all.gate.now().queued;
  facts["lineage_breaks"] = from.own.history().breaks();
  json::object starts;
  for (auto const& [name, count] : from.processes.starts()) starts[name] = count;
  facts["process_starts"] = std::move(starts);
  return facts;
}

std::optional<own_response> file_at(std::string_view path) {
  for (auto const& file : status_page_files)
    if (file.path == path)
      return own_response{.status = 200,
                          .content_type = std::string(file.content_type),
                          .body = std::string(file.text),
                          .allow = {}};
  return std::nullopt;
}

}  // namespace

admin::admin(asio::io_context& context, std::function<metrics_source()> source, cluster_requests& cluster)
    : source_(std::move(source)),
      cluster_(cluster),
      feed_(context, [this]() -> asio::awaitable<own_response> {
        auto const facts = co_await cluster_.all_nodes(true);
        co_return json_answer(200, facts);
      }) {}

asio::awaitable<door_answer> admin::answer(door_request request) {
  auto const& asked = request.asked;
  if (asked.method != "GET") {
    auto r = text_answer(405, "GET only\n");
    r.allow = "GET";
    co_return r;
  }
  auto const path = std::string_view(asked.target).substr(0, asked.target.find('?'));
  if (path == "/metrics") co_return metrics_page(source_());
  if (path == "/litefs/events") co_return feed_.join();
  bool const browser = request.accept.find("text/html") != std::string::npos;
  bool const json = path == "/litefs/status.json" || (path == "/litefs/status" && !browser);
  if (json) co_return co_await status();
  if (auto file = file_at(path)) co_return std::move(*file);
  auto const from = source_();
  co_return answer_probe(from.shared, from.own.state(), asked.target);
}

asio::awaitable<own_response> admin::status() {
  auto facts = status_of(source_());
  facts["cluster"] = co_await cluster_.all_nodes(true);
  co_return json_answer(200, facts);
}

}  // namespace litefs::proxy
