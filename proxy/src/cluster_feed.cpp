#include "litefs/proxy/cluster_feed.hpp"

#include <spdlog/spdlog.h>
#include <boost/asio/co_spawn.hpp>

#include <memory>
#include <utility>

#include "litefs/proxy/must_live.hpp"

namespace litefs::proxy {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

// Its place is given back when the server lets go of it.
class cluster_feed::viewer : public body_source {
 public:
  explicit viewer(cluster_feed& feed) : feed_(feed), seen_(feed.running_ ? 0 : feed.number_) {
    ++feed_.viewers_;
  }
  viewer(viewer const&) = delete;
  viewer& operator=(viewer const&) = delete;
  ~viewer() override {
    --feed_.viewers_;
    feed_.news_.notify();
  }

  asio::awaitable<std::optional<std::string>> next() override {
    condition::predicate told = [this] { return feed_.stopped_ || feed_.number_ != seen_; };
    co_await feed_.news_.wait(time_point::max(), told);
    if (feed_.stopped_) co_return std::nullopt;
    seen_ = feed_.number_;
    co_return feed_.newest_;
  }

 private:
  cluster_feed& feed_;
  std::uint64_t seen_;  // what is left from the last time that somebody looked is no news
};

cluster_feed::cluster_feed(asio::io_context& context, question ask)
    : context_(context), ask_(std::move(ask)), news_(context.get_executor()) {}

door_answer cluster_feed::join() {
  if (viewers_ >= viewers_max) return text_answer(503, "no more viewers: each node has a bound\n");
  own_response head;
  head.content_type = "text/event-stream";
  auto parts = std::make_shared<viewer>(*this);
  if (!std::exchange(running_, true)) asio::co_spawn(context_, run(), must_live);
  return {std::move(head), std::move(parts)};
}

void cluster_feed::stop() {
  stopped_ = true;
  news_.notify();
}

asio::awaitable<void> cluster_feed::run() {
  condition::predicate over = [this] { return stopped_ || viewers_ == 0; };
  while (!over()) {
    auto const answer = co_await ask_();
    newest_ = fmt::format("retry: 1000\ndata: {}\n", answer.body);
    ++number_;
    news_.notify();
    co_await news_.wait(clock::now() + pace, over);
  }
  running_ = false;
}

}  // namespace litefs::proxy
