// floor_relay LISTEN TARGET: passes bytes on and parses nothing, one connection to the target for each
// client.
//
// What no proxy that uses recv, send and epoll can undercut: the floor that the others are measured against.
#include <algorithm>
#include <vector>

#include "sockets.hpp"

namespace {

using namespace bench;

constexpr std::size_t piece = 68 * 1024;

class relay {
 public:
  relay(std::string const& from, std::string const& to) : listener_(listen_at(from)), target_(address(to)) {
    poller_.watch(listener_);
  }

  [[noreturn]] void run() {
    for (;;)
      for (auto const& event : poller_.wait()) {
        if (event.data.fd == listener_)
          pair_up();
        else if ((event.events & EPOLLOUT) != 0)
          flush(event.data.fd);
        else
          pass_on(event.data.fd);
      }
  }

 private:
  struct side {
    int peer = -1;
    std::string unsent;  // to this side; the peer is not read while there is some
  };

  void pair_up() {
    int const client = accept_from(listener_);
    if (client < 0) return;
    int const upstream = new_socket();
    send_at_once(upstream);
    if (::connect(upstream, reinterpret_cast<sockaddr const*>(&target_), sizeof target_) != 0 &&
        errno != EINPROGRESS)
      need(-1);
    if (sides_.size() <= static_cast<std::size_t>(std::max(client, upstream)))
      sides_.resize(static_cast<std::size_t>(std::max(client, upstream)) + 64);
    at(client) = {upstream, {}};
    at(upstream) = {client, {}};
    poller_.watch(client);
    poller_.watch(upstream);
  }

  void pass_on(int from) {
    int const to = at(from).peer;
    if (to < 0) return;  // closed by an earlier event of this round
    auto const n = ::recv(from, buffer_.data(), buffer_.size(), 0);
    if (n < 0 && (errno == EAGAIN || errno == ENOTCONN)) return;
    if (n <= 0) return close_both(from);
    std::string_view left(buffer_.data(), static_cast<std::size_t>(n));
    auto const sent = ::send(to, left.data(), left.size(), MSG_NOSIGNAL);
    if (sent > 0) left.remove_prefix(static_cast<std::size_t>(sent));
    if (left.empty()) return;
    at(to).unsent = left;
    poller_.change(from, 0);
    poller_.change(to, EPOLLOUT);
  }

  void flush(int to) {
    auto& [from, unsent] = at(to);
    if (from < 0) return;
    auto const sent = ::send(to, unsent.data(), unsent.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) return close_both(to);
    if (sent > 0) unsent.erase(0, static_cast<std::size_t>(sent));
    if (!unsent.empty()) return;
    poller_.change(from, EPOLLIN);
    poller_.change(to, EPOLLIN);
  }

  void close_both(int fd) {
    int const other = at(fd).peer;
    at(fd) = {};
    at(other) = {};
    ::close(fd);
    ::close(other);
  }

  side& at(int fd) { return sides_[static_cast<std::size_t>(fd)]; }

  int listener_;
  sockaddr_in target_;
  poller poller_;
  std::vector<side> sides_;
  std::vector<char> buffer_ = std::vector<char>(piece);
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return EXIT_FAILURE;
  relay(argv[1], argv[2]).run();
}
