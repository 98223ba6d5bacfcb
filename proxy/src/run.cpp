#include "litefs/proxy/run.hpp"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <optional>
#include <utility>

#include <spdlog/spdlog.h>
#include <sys/prctl.h>
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
#include "litefs/proxy/log.hpp"
#include "litefs/proxy/must_live.hpp"
#include "litefs/proxy/supervisor.hpp"
#include "litefs/proxy/version.hpp"

namespace litefs::proxy {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

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
  explicit control(proxy_config config);
  int run();

 private:
  void open_doors();
  void listen_for_signals();
  asio::awaitable<own_response> answer_local(own_request request);
  asio::awaitable<own_response> answer_reader(own_request request);
  asio::awaitable<own_response> answer_peer(own_request request);
  void on_freeze();
  [[nodiscard]] view const& own_view() const noexcept;

  node node_;
  address_claims claims_{node_.config.addr};  // before anything is bound or created
  worker_group workers_;
  asio::io_context context_{1};
  condition changed_{context_.get_executor()};
  reaper reaper_{context_, changed_};
  asio::signal_set signals_{context_, SIGINT, SIGTERM, SIGHUP};
  view single_view_{context_, initial_state(node_.config)};
  maintenance maintenance_{context_, node_, [this] { on_freeze(); }};
  std::optional<cluster_node> cluster_;
  std::optional<cluster_requests> requests_;
  std::optional<control_server> socket_;
  std::optional<control_server> admin_;
  std::optional<supervisor> supervisor_;
};

control::control(proxy_config config)
    : node_(std::move(config)), workers_(node_, initial_state(node_.config)) {
  if (node_.clustered()) cluster_.emplace(context_, changed_, reaper_, node_, workers_, maintenance_);
  requests_.emplace(node_, single_view_, cluster_ ? &*cluster_ : nullptr, maintenance_);
  open_doors();
  supervisor_.emplace(context_, node_, workers_, reaper_, changed_, cluster_ ? &*cluster_ : nullptr);
}

// What other threads may ask of this one.
void control::open_doors() {
  if (cluster_) {
    node_.read_positions = [this] {
      return asio::co_spawn(context_, cluster_->keeper().positions(), asio::use_awaitable);
    };
    node_.ask_control = [this](own_request request) {
      return asio::co_spawn(context_, answer_peer(std::move(request)), asio::use_awaitable);
    };
    node_.accept_link = [this](link_caller caller) {
      asio::post(context_, [this, caller = std::move(caller)] { cluster_->replicas().accept(caller); });
    };
  }
  auto const& config = node_.config;
  if (!config.socket.empty()) {
    socket_.emplace(context_, endpoint{.host = {}, .port = 0, .unix_path = config.socket}, "socket",
                    [this](own_request request) { return answer_local(std::move(request)); });
  }
  if (!config.admin_addr) return;
  admin_.emplace(context_, *config.admin_addr, "admin-addr",
                 [this](own_request request) { return answer_reader(std::move(request)); });
  spdlog::info("metrics and status at {}", to_string(admin_->bound()));
}

view const& control::own_view() const noexcept { return cluster_ ? cluster_->own_view() : single_view_; }

asio::awaitable<own_response> control::answer_reader(own_request request) {
  metrics_source const source{.shared = node_,
                              .workers = workers_,
                              .own = own_view(),
                              .processes = *supervisor_,
                              .event_stream_connects = cluster_ ? cluster_->watched().connects() : 0,
                              .replica_links = cluster_ ? cluster_->replicas().peers().size() : 0};
  co_return answer_admin(source, request);
}

asio::awaitable<own_response> control::answer_local(own_request request) {
  if (request.target == "/status" && request.method == "GET") {
    auto const& state = own_view().state();
    auto const verdict = judge(node_, state);
    auto facts = status_facts(node_, state, verdict);
    if (cluster_) facts["read_gate"] = cluster_->gate().status();
    co_return json_answer(verdict.healthy ? 200 : 503, facts);
  }
  if (cluster_requests::knows(request.target)) co_return co_await requests_->answer(std::move(request));
  co_return own_response{.status = 404, .body = "{\"error\":\"no such path\"}\n", .allow = {}};
}

asio::awaitable<own_response> control::answer_peer(own_request request) {
  if (cluster_requests::knows(request.target)) co_return co_await requests_->answer(std::move(request));
  co_return co_await cluster_->handing_over().answer(std::move(request));
}

void control::on_freeze() {
  workers_.post_wake();  // what is held is refused now
  if (cluster_) cluster_->on_freeze();
}

void control::listen_for_signals() {
  signals_.async_wait([this](boost::system::error_code failed, int number) {
    if (failed) return;
    if (number == SIGHUP)
      spdlog::warn("SIGHUP: the configuration is read at a start only; nothing changes");
    else
      supervisor_->stop();
    listen_for_signals();
  });
}

int control::run() {
  int code = EXIT_FAILURE;
  workers_.start();
  listen_for_signals();
  if (socket_) asio::co_spawn(context_, socket_->run(), must_live);
  if (admin_) asio::co_spawn(context_, admin_->run(), must_live);
  asio::co_spawn(context_, supervisor_->run(), [this, &code](std::exception_ptr failed, int result) {
    if (failed) std::rethrow_exception(failed);
    code = result;
    signals_.cancel();
    reaper_.stop();
    maintenance_.stop();
    if (socket_) socket_->stop();
    if (admin_) admin_->stop();
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

int run(proxy_config config) {
  start_log(config.log);
  std::signal(SIGPIPE, SIG_IGN);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);  // orphans of the app are ours to reap
  spdlog::info("litefs-proxy {} starts{}", version(), config.litefs ? " as " + config.litefs->hostname : "");
  control node(std::move(config));
  try {
    return node.run();
  } catch (std::exception const& e) {
    give_up(e);
  }
}

}  // namespace litefs::proxy
