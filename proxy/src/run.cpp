#include "litefs/proxy/run.hpp"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <optional>
#include <utility>

#include <spdlog/spdlog.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json.hpp>

#include "litefs/proxy/address_claims.hpp"
#include "litefs/proxy/admin.hpp"
#include "litefs/proxy/cluster_node.hpp"
#include "litefs/proxy/cluster_requests.hpp"
#include "litefs/proxy/control_server.hpp"
#include "litefs/proxy/inherited_listeners.hpp"
#include "litefs/proxy/log.hpp"
#include "litefs/proxy/look.hpp"
#include "litefs/proxy/must_live.hpp"
#include "litefs/proxy/recorder.hpp"
#include "litefs/proxy/successor.hpp"
#include "litefs/proxy/supervisor.hpp"
#include "litefs/proxy/traffic.hpp"
#include "litefs/proxy/version.hpp"

namespace litefs::proxy {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::chrono::seconds claim_pause{1};  // until a predecessor has ended
constexpr std::chrono::seconds wind_up_max{3};  // for coroutines to end after the node has stopped

node_state initial_state(proxy_config const& config) {
  node_state s;
  s.role = config.litefs ? role::unknown : role::single;
  s.mount_alive = !config.litefs;
  return s;
}

// Everything of the control thread. Its coroutines refer to all of it, so it must not die before they have
// ended.
class control {
 public:
  control(proxy_config config, config_loader load);
  int run();

 private:
  void open_doors();
  void listen_for_signals();
  void obey(int signal);
  asio::awaitable<void> be_replaced();
  asio::awaitable<void> claim_addresses();
  [[nodiscard]] std::vector<endpoint> addresses(bool inherited) const;
  asio::awaitable<door_answer> answer_local(own_request request);
  asio::awaitable<own_response> answer_peer(own_request request);
  void on_freeze();
  void tell_incidents();
  [[nodiscard]] view const& own_view() const noexcept;
  [[nodiscard]] candidates primary_candidates() const;
  [[nodiscard]] metrics_source facts() const;

  own_command const command_;
  config_loader const load_;
  node node_;
  inherited_listeners inherited_ = inherited_listeners::from_environment();
  address_claims claims_{addresses(false), addresses(true)};  // before anything is bound or created
  worker_group workers_;
  asio::io_context context_{1};
  condition changed_{context_.get_executor()};
  reaper reaper_{context_, changed_};
  asio::signal_set signals_{context_, SIGINT, SIGTERM, SIGHUP};
  bool being_replaced_ = false;
  bool ended_ = false;
  view single_view_{context_, initial_state(node_.config)};
  maintenance maintenance_{context_, node_, [this] { on_freeze(); }};
  recorder recorder_{
      context_, std::string(node_.hostname()), workers_,
      recorder::hooks{
          .look =
              [this] { return look_at(node_, own_view(), *supervisor_, cluster_ ? &*cluster_ : nullptr); },
          .on_change = [this] { tell_incidents(); }}};
  std::optional<cluster_node> cluster_;
  std::optional<cluster_requests> requests_;
  std::optional<control_server> socket_;
  std::optional<admin> admin_;
  std::optional<control_server> admin_door_;
  std::optional<supervisor> supervisor_;
};

control::control(proxy_config config, config_loader load)
    : load_(std::move(load)),
      node_(std::move(config)),
      workers_(node_, initial_state(node_.config), &inherited_) {
  inherited_.close_rest();
  signals_.add(SIGUSR1);
  signals_.add(SIGUSR2);
  if (node_.clustered())
    cluster_.emplace(context_, changed_, reaper_, node_, workers_, maintenance_, recorder_);
  requests_.emplace(node_, single_view_, cluster_ ? &*cluster_ : nullptr, maintenance_, recorder_);
  open_doors();
  supervisor_.emplace(context_, node_, workers_, reaper_, changed_, cluster_ ? &*cluster_ : nullptr);
}

// What other threads may ask of this one.
void control::open_doors() {
  if (cluster_) {
    node_.read_positions = [this] {
      return asio::co_spawn(context_, cluster_->keeper().positions(), asio::use_awaitable);
    };
    node_.confirm = [this](std::vector<database_position> written) {
      return asio::co_spawn(context_, cluster_->confirmed().wait(std::move(written)), asio::use_awaitable);
    };
    node_.ask_control = [this](own_request request) {
      return asio::co_spawn(context_, answer_peer(std::move(request)), asio::use_awaitable);
    };
    node_.accept_link = [this](link_caller caller) {
      asio::post(context_, [this, caller = std::move(caller)]() mutable {
        cluster_->replicas().accept(std::move(caller));
      });
    };
  }
  auto const& config = node_.config;
  if (!config.socket.empty()) {
    socket_.emplace(context_, endpoint{.host = {}, .port = 0, .unix_path = config.socket}, "socket",
                    [this](door_request request) { return answer_local(std::move(request.asked)); });
  }
  if (!config.admin_addr) return;
  admin_.emplace(
      context_, [this] { return facts(); }, *requests_);
  admin_door_.emplace(context_, *config.admin_addr, "admin-addr",
                      [this](door_request request) { return admin_->answer(std::move(request)); });
  spdlog::info("metrics and status at {}", to_string(admin_door_->bound()));
}

view const& control::own_view() const noexcept { return cluster_ ? cluster_->own_view() : single_view_; }

metrics_source control::facts() const {
  auto const listed = primary_candidates();
  return {.shared = node_,
          .workers = workers_,
          .own = own_view(),
          .processes = *supervisor_,
          .event_stream_connects = cluster_ ? cluster_->watched().connects() : 0,
          .replica_links = cluster_ ? cluster_->replicas().peers().size() : 0,
          .candidates_linked = listed.names().size() - listed.away().size(),
          .candidates_away = listed.away().size()};
}

candidates control::primary_candidates() const {
  bool const primary = cluster_ && own_view().state().role == role::primary;
  return primary ? cluster_->confirmed().listed() : candidates();
}

asio::awaitable<door_answer> control::answer_local(own_request request) {
  if (request.target == "/status" && request.method == "GET") {
    auto const& state = own_view().state();
    auto const verdict = judge(node_, state);
    auto facts = status_facts(node_, state, verdict);
    if (cluster_) facts["read_gate"] = cluster_->gate().status();
    auto const listed = primary_candidates();
    facts["candidates"] = json::value_from(listed.names());
    facts["candidates_away"] = json::value_from(listed.away());
    co_return json_answer(verdict.healthy ? 200 : 503, facts);
  }
  if (cluster_requests::knows(request.target)) co_return co_await requests_->answer(std::move(request));
  co_return own_response{.status = 404, .body = "{\"error\":\"no such path\"}\n", .allow = {}};
}

asio::awaitable<own_response> control::answer_peer(own_request request) {
  if (cluster_requests::knows(request.target)) co_return co_await requests_->answer(std::move(request));
  co_return co_await cluster_->answer_peer(std::move(request));
}

void control::on_freeze() {
  workers_.post_wake();  // what is held is refused now
  if (cluster_) cluster_->on_freeze();
}

void control::tell_incidents() {
  if (cluster_) cluster_->tell_incidents();
}

void control::listen_for_signals() {
  signals_.async_wait([this](boost::system::error_code failed, int number) {
    if (failed) return;
    obey(number);
    listen_for_signals();
  });
}

void control::obey(int signal) {
  if (signal == SIGHUP) {
    reload(node_, workers_, load_);
  } else if (signal == SIGUSR1) {
    if (workers_.all().access_file.reopen()) spdlog::info("SIGUSR1: the access log is opened anew");
  } else if (signal == SIGUSR2) {
    asio::co_spawn(context_, be_replaced(), must_live);
  } else {
    supervisor_->stop();
  }
}

// Whose children would be left without their supervisor is not replaced: its sockets can come from systemd.
asio::awaitable<void> control::be_replaced() {
  if (node_.clustered() || !node_.config.exec.empty() || ::getpid() == 1) {
    spdlog::error(
        "SIGUSR2: nothing changes: {} (fix: stop and start it, its sockets held by systemd)",
        ::getpid() == 1 ? "process 1 cannot be replaced" : "a node with LiteFS or exec is not replaced");
    co_return;
  }
  if (std::exchange(being_replaced_, true)) co_return;
  auto const up = co_await start_successor(context_, command_, workers_.listening());
  if (up) {
    supervisor_->stop();
  } else {
    being_replaced_ = false;
    spdlog::error("SIGUSR2: nothing changes: the new process did not come up: {}", up.error().message());
  }
}

asio::awaitable<void> control::claim_addresses() {
  condition::predicate over = [this] { return ended_; };
  while (!ended_ && !claims_.claim_the_rest())
    co_await changed_.wait(std::chrono::steady_clock::now() + claim_pause, over);
}

std::vector<endpoint> control::addresses(bool inherited) const {
  auto all = all_addresses(node_.config);
  std::erase_if(all, [&](endpoint const& at) { return inherited_.has(at) != inherited; });
  return all;
}

int control::run() {
  int code = EXIT_FAILURE;
  workers_.start();
  listen_for_signals();
  inherited_.taken_over();
  asio::co_spawn(context_, claim_addresses(), must_live);
  asio::co_spawn(context_, recorder_.run(), must_live);
  if (socket_) asio::co_spawn(context_, socket_->run(), must_live);
  if (admin_door_) asio::co_spawn(context_, admin_door_->run(), must_live);
  asio::co_spawn(context_, supervisor_->run(), [this, &code](std::exception_ptr failed, int result) {
    if (failed) std::rethrow_exception(failed);
    code = result;
    ended_ = true;
    changed_.notify();
    signals_.cancel();
    reaper_.stop();
    maintenance_.stop();
    recorder_.stop();
    if (socket_) socket_->stop();
    if (admin_) admin_->stop();
    if (admin_door_) admin_door_->stop();
    context_.stop();
  });
  context_.run();
  // Let every coroutine reach its end; one that cannot must not find its parts destroyed.
  context_.restart();
  context_.run_for(wind_up_max);
  if (cluster_) cluster_->close_page();
  if (!context_.stopped()) std::_Exit(code);
  return code;
}

}  // namespace

int run(proxy_config config, config_loader load) {
  start_log(config.log);
  std::signal(SIGPIPE, SIG_IGN);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);  // orphans of the app are ours to reap
  spdlog::info("litefs-proxy {} starts{}", version(), config.litefs ? " as " + config.litefs->hostname : "");
  control node(std::move(config), std::move(load));
  try {
    return node.run();
  } catch (std::exception const& e) {
    give_up(e);
  }
}

}  // namespace litefs::proxy
