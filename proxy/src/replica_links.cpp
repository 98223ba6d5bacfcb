#include "litefs/proxy/replica_links.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

#include <spdlog/spdlog.h>
#include <boost/asio/co_spawn.hpp>

#include "litefs/proxy/must_live.hpp"

namespace litefs::proxy {

namespace asio = boost::asio;

namespace {

// Null (and the descriptor closed) if it is no TCP socket.
std::unique_ptr<stream> adopt(asio::io_context& context, sweep& ticks, loose_stream connection) {
  int family = 0;
  socklen_t size = sizeof family;
  bool const known = ::getsockopt(connection.descriptor, SOL_SOCKET, SO_DOMAIN, &family, &size) == 0;
  if (!known || (family != AF_INET && family != AF_INET6)) {
    ::close(connection.descriptor);
    return nullptr;
  }
  asio::generic::stream_protocol const protocol(family, IPPROTO_TCP);
  stream_socket socket(context.get_executor(), protocol, connection.descriptor);
  return std::make_unique<stream>(std::move(socket), ticks, std::move(connection.tls));
}

}  // namespace

replica_links::replica_links(asio::io_context& context, condition& changed, node& shared, hooks with)
    : context_(context), changed_(changed), node_(shared), hooks_(std::move(with)), ticks_(context) {}

void replica_links::accept(link_caller caller) {
  auto io = adopt(context_, ticks_, std::move(caller.connection));
  if (!io || stopped_) return;
  auto const known = peers_.find(caller.from);
  if (known == peers_.end() && peers_.size() >= links_max)
    return spdlog::warn("peer link of {} refused: {} nodes are linked", caller.from, links_max);
  if (known != peers_.end() && known->second.session) known->second.session->close();

  open_link link{.io = std::move(io),
                 .seal = link_seal(node_.link_keys, caller.session, link_side::listener),
                 .early = {}};
  auto own = std::make_shared<link_session const*>(nullptr);
  link_session::talk with{
      .own_report = hooks_.own_report,
      .on_message = [this, own, from = caller.from](link_message const& m) { receive(from, *own, m); },
      .incidents = hooks_.incidents};
  auto session = std::make_shared<link_session>(context_, std::move(link), std::move(with));
  *own = session.get();
  lost_.erase(caller.from);
  peers_[caller.from] = {.session = session, .report = {}, .refusal = {}};
  asio::co_spawn(context_, serve(caller.from, std::move(session)), must_live);
}

asio::awaitable<void> replica_links::serve(std::string from, std::shared_ptr<link_session> session) {
  co_await session->run();
  if (find(from, session.get()) != nullptr) {
    lose(from);
    hooks_.on_gone(from);
  }
  changed_.notify();
}

void replica_links::lose(std::string const& from) {
  auto const now = std::chrono::steady_clock::now();
  std::erase_if(lost_, [now](auto const& entry) { return now - entry.second.since > lost_max; });
  auto const& report = peers_[from].report;
  if (report && lost_.size() < links_max) lost_[from] = {.report = *report, .since = now};
  peers_.erase(from);
}

void replica_links::forget_lost() { lost_.clear(); }

void replica_links::report_changed() {
  for (auto& [name, p] : peers_) p.session->report_changed();
}

void replica_links::chronicle_changed() {
  for (auto& [name, p] : peers_) p.session->chronicle_changed();
}

void replica_links::stop() {
  stopped_ = true;
  for (auto& [name, p] : peers_) p.session->close();
}

replica_links::peer* replica_links::find(std::string const& from, link_session const* session) {
  auto const found = peers_.find(from);
  return found != peers_.end() && found->second.session.get() == session ? &found->second : nullptr;
}

void replica_links::receive(std::string const& from, link_session const* session, link_message const& m) {
  auto* const p = find(from, session);
  if (p == nullptr) return;
  if (auto const* const report = std::get_if<node_report>(&m)) {
    p->report = *report;
    hooks_.on_report(from, *report);
  } else if (auto const* const refusal = std::get_if<take_refusal>(&m)) {
    p->refusal = *refusal;
    changed_.notify();
  } else if (auto const* const told = std::get_if<told_incidents>(&m)) {
    if (hooks_.on_incidents) hooks_.on_incidents(*told);
  }
}

bool replica_links::say(std::string_view hostname, link_message const& m) {
  auto const found = peers_.find(hostname);
  return found != peers_.end() && found->second.session->say(m);
}

std::optional<std::string> replica_links::refusal(std::string_view hostname, std::string_view ticket) const {
  auto const found = peers_.find(hostname);
  if (found == peers_.end()) return "its link broke";
  auto const& said = found->second.refusal;
  return said && said->ticket == ticket ? std::optional(said->why) : std::nullopt;
}

}  // namespace litefs::proxy
