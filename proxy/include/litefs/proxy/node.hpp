// What every thread of a litefs-proxy shares: configuration, identity, keys, a few flags, and the doors to
// the control thread.
//
// Created once by run() before any worker starts and destroyed after the last has joined. Members are const,
// atomic or guarded, so all of it is thread-safe; the functions are set before the workers start and
// never again.
#pragma once

#include "litefs/config.hpp"
#include "litefs/error.hpp"
#include "litefs/position.hpp"
#include "litefs/proxy/boot_table.hpp"
#include "litefs/proxy/handoff_counts.hpp"
#include "litefs/proxy/lease_proof.hpp"
#include "litefs/proxy/live_config.hpp"
#include "litefs/proxy/nonce_guard.hpp"
#include "litefs/proxy/own_endpoints.hpp"
#include "litefs/signature.hpp"

#include <boost/asio/awaitable.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace litefs::proxy {

inline constexpr std::string_view hop_label = "litefs hop 1";
inline constexpr std::string_view marker_label = "litefs not-executed 1";
inline constexpr std::string_view link_label = "litefs link 1";

struct link_caller;

// What became of the wait for the candidates (ack: replicated).
enum class confirmation : std::uint8_t {
  complete,   // the quorum has it
  missing,    // not within ack-timeout
  role_lost,  // this node stopped being primary meanwhile
};

struct node {
  explicit node(proxy_config c);  // throws std::runtime_error if a file that it names cannot be used
  node(node const&) = delete;
  node& operator=(node const&) = delete;

  proxy_config const config;                      // as at the start; live() is what a SIGHUP changes of it
  std::vector<std::uint32_t> const database_ids;  // of config.databases, as cookies name them
  std::string const boot;  // random, new at each start; see nonce_guard for how long hops are signed for it
  keyring const hop_keys;
  keyring const marker_keys;
  keyring const link_keys;
  nonce_guard nonces{boot};
  boot_table boots;
  lease_proof lease;
  handoff_counts handoffs;  // the control thread's

  std::atomic<bool> draining{false};
  std::atomic<bool> ready{false};      // the each-start steps are done and the app answered once
  std::atomic<bool> target_up{false};  // the app may be asked; view::wait_change() wakes when it changes
  std::atomic<bool> replicable{true};  // as many candidates are linked as ack-quorum needs; wakes likewise
  std::atomic<bool> given_up{false};   // what ended for good is not started again: the node is about to stop
  std::atomic<bool> frozen{false};     // maintenance; the default order, since draining relies on it
  // Of several targets, those that are known not to answer; target_gate passes them over.
  std::array<std::atomic<bool>, targets_max> target_down{};

  [[nodiscard]] bool clustered() const noexcept { return config.litefs.has_value(); }
  // The configuration in force, for threads without a copy of their own.
  [[nodiscard]] live_ptr live() const;
  void replace_live(live_ptr with);
  // Our own name as LiteFS announces it; "" in role single.
  [[nodiscard]] std::string_view hostname() const noexcept;

  // The positions of the configured databases, read by the keeper now. Callable from any thread's coroutine;
  // resumes on that thread. Fails with errc::mount_dead, errc::mount_absent or asio::error::timed_out.
  std::function<boost::asio::awaitable<result<std::vector<database_position>>>()> read_positions;
  // Until the candidates have these positions, at most ack-timeout. Same rules.
  std::function<boost::asio::awaitable<confirmation>(std::vector<database_position>)> confirm;
  // What an authenticated peer asks of the control thread (/litefs/peer/…). Same rules.
  std::function<boost::asio::awaitable<own_response>(own_request)> ask_control;
  // Gives the control thread the connection of an authenticated peer that asked for a link; it owns the
  // descriptor from then on. Never blocks.
  std::function<void(link_caller)> accept_link;

 private:
  std::mutex mutable live_mutex_;
  live_ptr live_;
};

}  // namespace litefs::proxy
