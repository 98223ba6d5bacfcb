#include "litefs/proxy/admin.hpp"

#include <boost/json.hpp>

#include <string>
#include <utility>

#include "litefs/proxy/node.hpp"
#include "litefs/proxy/supervisor.hpp"
#include "litefs/proxy/traffic.hpp"
#include "litefs/proxy/view.hpp"
#include "litefs/proxy/worker.hpp"

namespace litefs::proxy {

namespace json = boost::json;

namespace {

constexpr auto exposition_format = "text/plain; version=0.0.4; charset=utf-8";

own_response metrics_page(metrics_source const& from) {
  auto r = text_answer(200, render_metrics(from));
  r.content_type = exposition_format;
  return r;
}

// Health, and what is going on. Always 200: it is asked to be read, not to be judged.
own_response status_page(metrics_source const& from) {
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
  return json_answer(200, facts);
}

}  // namespace

own_response answer_admin(metrics_source const& from, own_request const& request) {
  if (request.method != "GET") {
    auto r = text_answer(405, "GET only\n");
    r.allow = "GET";
    return r;
  }
  auto const path = std::string_view(request.target).substr(0, request.target.find('?'));
  if (path == "/metrics") return metrics_page(from);
  if (path == "/litefs/status") return status_page(from);
  return answer_probe(from.shared, from.own.state(), request.target);
}

}  // namespace litefs::proxy
