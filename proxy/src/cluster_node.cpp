#include "litefs/proxy/cluster_node.hpp"

#include <memory>
#include <utility>

#include <boost/asio/co_spawn.hpp>

#include "litefs/proxy/must_live.hpp"
#include "litefs/proxy/traffic.hpp"
#include "litefs/proxy/version.hpp"

namespace litefs::proxy {

namespace asio = boost::asio;

namespace {

node_state nothing_known() {
  node_state s;
  s.mount_alive = false;
  return s;
}

std::string page_path(proxy_config const& config) {
  return config.node_page.empty() ? default_page_path(config.litefs->mount) : config.node_page;
}

// The very program that runs: by its path, an upgrade in place would give us a keeper of another version.
constexpr auto own_executable = "/proc/self/exe";

constexpr std::chrono::milliseconds drain_look{2};  // how often running writes are looked at

}  // namespace

cluster_node::cluster_node(asio::io_context& context, condition& changed, reaper& r, node& shared,
                           worker_group& workers, maintenance& freezing, recorder& happened)
    : context_(context),
      changed_(changed),
      node_(shared),
      workers_(workers),
      maintenance_(freezing),
      happened_(happened),
      view_(context, nothing_known()),
      gate_(context, publisher_, page_path(shared.config), shared.config.read_gate),
      publisher_([this](std::shared_ptr<node_state const> state,
                        std::optional<tx_event> tx) { on_state(std::move(state), std::move(tx)); },
                 std::make_unique<node_page_writer>(page_path(shared.config))),
      keeper_(context, r, changed, own_executable,
              {.mount = shared.config.litefs->mount, .databases = shared.config.databases}),
      watcher_(context, changed, *shared.config.litefs, keeper_, publisher_),
      probe_(changed, shared.config.litefs->api),
      confirmed_(
          context, shared, [this] { replicas_.report_changed(); }, [this] { workers_.post_wake(); }),
      members_(shared.config.litefs->hostname, shared.config.litefs->memory, view_.history()),
      replicas_(context, changed, shared, replica_hooks()),
      link_(context, changed, shared, link_hooks()),
      handoff_(context, changed, shared, view_, workers, keeper_, watcher_, replicas_) {
  keeper_.on_report = [this](mount_report const& report) { watcher_.on_report(report); };
  auto const& litefs = *shared.config.litefs;
  if (litefs.consul) guard_lease(*litefs.consul);
  if (litefs.cmd.empty()) return;
  bool const candidate = litefs.join_cmd.empty() || litefs.bootstrap || leads_alone(members_.memory());
  litefs_.emplace(context, r, changed, litefs, keeper_, candidate);
  if (!candidate) joining_.emplace(changed, shared, members_, joining_hooks());
  litefs_->on_gone = [this] { watcher_.on_litefs_gone(); };
  if (!litefs.consul) return;
  litefs_->release = [this, lease = *litefs.consul] {
    return release_lease(lease, node_.config.litefs->hostname, node_.live()->consul);
  };
  stuck_.emplace(changed, litefs.hostname, stuck_hooks(*litefs.consul));
}

void cluster_node::guard_lease(consul_lease const& lease) {
  lease_guard_.emplace(
      context_, node_.lease, lease.ttl, node_.config.litefs->hostname,
      [this, lease] { return read_lease(lease, node_.live()->consul); }, [this] { workers_.post_wake(); });
  probe_.on_answer = [this](boot_clock::time_point asked) { lease_guard_->on_probe(asked); };
}

stuck_litefs::hooks cluster_node::stuck_hooks(consul_lease const& lease) {
  return {.state = [this]() -> node_state const& { return watcher_.state(); },
          .follows_silence = [this] { return watcher_.follows_silence(); },
          .unproven = [this] { return state().role == role::primary && !node_.lease.holds(); },
          .read_lease = [this, lease] { return read_lease(lease, node_.live()->consul); },
          .restart = [this] { litefs_->restart(); }};
}

void cluster_node::start() {
  asio::co_spawn(context_, keeper_.run(), must_live);
  if (litefs_) asio::co_spawn(context_, litefs_->run(), must_live);
  asio::co_spawn(context_, watcher_.run(), must_live);
  asio::co_spawn(context_, probe_.run(), must_live);
  asio::co_spawn(context_, link_.run(), must_live);
  if (stuck_) asio::co_spawn(context_, stuck_->run(), must_live);
  if (joining_) asio::co_spawn(context_, joining_->run(), must_live);
}

joining::hooks cluster_node::joining_hooks() {
  return {.state = [this]() -> node_state const& { return watcher_.state(); },
          .positions_known = [this] { return watcher_.positions_known(); },
          .ask = [this](std::string name) { return ask_standing(node_, std::move(name)); },
          .become_candidate = [this] { return litefs_->become_candidate(); }};
}

asio::awaitable<own_response> cluster_node::answer_peer(own_request request) {
  if (request.target != standing_path) co_return co_await handoff_.answer(std::move(request));
  if (!watcher_.positions_known()) co_return text_answer(503, "positions not read yet\n");
  auto const& s = watcher_.state();
  co_return answer_standing({.standing = {members_.memory().generation, transactions_in(s.positions)},
                             .primary = s.role == role::primary});
}

void cluster_node::stop_links() {
  confirmed_.stop();
  link_.stop();
  replicas_.stop();
}

void cluster_node::stop_watching() {
  if (joining_) joining_->stop();
  if (stuck_) stuck_->stop();
  probe_.stop();
  watcher_.stop();
  keeper_.stop();
}

void cluster_node::on_freeze() {
  if (node_.frozen)
    asio::co_spawn(context_, freeze_processes(), must_live);
  else
    publisher_.frozen(false);
  replicas_.report_changed();
  link_.on_change();
}

// A request is counted before it looks for maintenance, so none starts after the count was zero.
asio::awaitable<void> cluster_node::freeze_processes() {
  auto const deadline = std::chrono::steady_clock::now() + node_.config.handoff_drain;
  condition::predicate quiet = [this] { return workers_.all().writes_running == 0 || !node_.frozen; };
  while (!quiet() && std::chrono::steady_clock::now() < deadline)
    co_await changed_.wait(std::chrono::steady_clock::now() + drain_look, quiet);
  publisher_.frozen(node_.frozen);
}

void cluster_node::on_state(std::shared_ptr<node_state const> state, std::optional<tx_event> tx) {
  members_.on_state(*state);  // before a worker hears of it and answers a write
  if (lease_guard_) lease_guard_->on_state(*state);
  if (state->role != role::primary) replicas_.forget_lost();
  if (tx) {
    gate_.local_at(tx->database, tx->position);
  } else {
    for (auto const& p : state->positions) gate_.local_at(p.database, p.position);
  }
  if (confirmed_.on_state(*state, tx)) {
    for (auto const& [name, peer] : replicas_.peers())
      if (peer.report) confirmed_.on_report(name, *peer.report);
  }
  measure(*state, tx);
  view_.post_state(state, tx);
  workers_.post_state(std::move(state), std::move(tx));
  tell_peers();
}

void cluster_node::tell_peers() {
  replicas_.report_changed();
  link_.on_change();
}

void cluster_node::tell_incidents() {
  replicas_.chronicle_changed();
  link_.chronicle_changed();
}

// How far each replica is behind in time; only the primary can tell.
void cluster_node::measure(node_state const& state, std::optional<tx_event> const& tx) {
  if (state.role != role::primary) return delays_.clear();
  if (tx) delays_.on_local(tx->database, tx->position.txid, std::chrono::steady_clock::now());
}

node_report cluster_node::own_report() const {
  auto const& s = watcher_.state();
  auto const health = judge(node_, s);
  bool const knows_own = s.role == role::primary && watcher_.positions_known();
  return {.version = std::string(version()),
          .role = s.role,
          .primary = s.primary,
          .candidate = probe_.candidate(),
          .ready = node_.ready && node_.target_up,
          .leaving = node_.draining,
          .probe_age = probe_.age(),
          .lag = s.lag,
          .reasons = {health.reasons.begin(), health.reasons.end()},
          .freeze = maintenance_.now(),
          .generation = knows_own ? members_.memory().generation : 0,
          .holders = members_.memory().candidates,
          .positions = s.positions,
          .candidates = s.role == role::primary ? confirmed_.listed().names() : std::vector<std::string>(),
          .load = happened_.load(),
          .lineage_breaks = view_.history().breaks()};
}

replica_links::hooks cluster_node::replica_hooks() {
  return {.own_report = [this] { return own_report(); },
          .on_report =
              [this](std::string const& from, node_report const& report) {
                maintenance_.hear(report.freeze);
                confirmed_.on_report(from, report);
                delays_.on_replica(from, report.positions, std::chrono::steady_clock::now());
                if (members_.on_peer_report(from, report)) replicas_.report_changed();
              },
          .on_gone =
              [this](std::string const& from) {
                confirmed_.on_gone(from);
                delays_.on_gone(from);
              },
          .incidents = [this]() -> chronicle const& { return happened_.all(); },
          .on_incidents = [this](told_incidents const& told) { happened_.hear(told); }};
}

primary_link::hooks cluster_node::link_hooks() {
  return {
      .state = [this]() -> node_state const& { return watcher_.state(); },
      .own_report = [this] { return own_report(); },
      .on_report = [this](std::string const& primary, node_report const* report) { hear(primary, report); },
      .on_take =
          [this](take_request const& take) { asio::co_spawn(context_, take_over(take.ticket), must_live); },
      .incidents = [this]() -> chronicle const& { return happened_.all(); },
      .on_incidents = [this](told_incidents const& told) { happened_.hear(told); }};
}

void cluster_node::hear(std::string const& primary, node_report const* report) {
  if (report == nullptr) return gate_.primary_unknown();
  maintenance_.hear(report->freeze);
  confirmed_.on_primary(primary, *report);
  auto const now = std::chrono::steady_clock::now();
  watcher_.on_heard(primary, now - report->probe_age);
  members_.on_primary_report(*report, watcher_.state(), now);
  for (auto const& p : report->positions) gate_.primary_at(p.database, p.position);
}

asio::awaitable<void> cluster_node::take_over(std::string ticket) {
  auto const done = co_await handoff_.promote(ticket);
  if (auto const* const refused = std::get_if<handoff::refusal>(&done))
    link_.say(take_refusal{std::move(ticket), refused->why});
}

}  // namespace litefs::proxy
