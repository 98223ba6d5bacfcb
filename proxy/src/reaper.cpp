#include "litefs/proxy/reaper.hpp"

#include <sys/wait.h>

#include <utility>

namespace litefs::proxy {

reaper::reaper(boost::asio::io_context& context, condition& changed)
    : signals_(context, SIGCHLD), changed_(changed) {
  listen();
}

void reaper::watch(pid_t pid, std::function<void(int)> on_exit) { watched_[pid] = std::move(on_exit); }

void reaper::forget(pid_t pid) { watched_.erase(pid); }

void reaper::stop() { signals_.cancel(); }

void reaper::listen() {
  signals_.async_wait([this](boost::system::error_code failed, int) {
    if (failed) return;
    reap();
    listen();
  });
}

void reaper::reap() {
  int status = 0;
  for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
    auto const found = watched_.extract(pid);
    if (found) found.mapped()(status);
  }
  changed_.notify();
}

}  // namespace litefs::proxy
