// Which node may become primary while there is none: after a full stop, or at the first start of all.
//
// LiteFS gives the lease to whoever asks first, however little it holds. So a node starts LiteFS as no
// candidate and judges first: whose history is the longest among all that may hold one goes first. What it
// knows of the others is its memory, a small file beside its data. Pure, thread-safe; nothing fails but
// parse_memory, with errc::bad_memory.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "litefs/error.hpp"
#include "litefs/position.hpp"

namespace litefs {

// How much of the history a node holds. The generation goes first: what a primary wrote after it was replaced
// is no part of the history, whatever its TXIDs.
struct standing {
  std::uint64_t generation = 0;    // counted at each change of primary
  std::uint64_t transactions = 0;  // over all databases
  auto operator<=>(standing const&) const = default;
};

// What a node remembers of the cluster.
struct node_memory {
  std::uint64_t generation = 0;           // of the last primary whose history it holds; 0: of none
  bool primary = false;                   // it was that primary itself
  std::vector<std::string> candidates{};  // the other nodes that may hold more, by hostname
  bool operator==(node_memory const&) const = default;
};

[[nodiscard]] std::string format_memory(node_memory const& m);
[[nodiscard]] result<node_memory> parse_memory(std::string_view json);

[[nodiscard]] std::uint64_t transactions_in(std::vector<database_position> const& positions) noexcept;

struct heard_node {
  litefs::standing standing;
  bool primary = false;  // it is the primary now
};

struct start_facts {
  std::string hostname;
  std::uint64_t transactions = 0;
  node_memory memory;
  std::map<std::string, heard_node> heard;  // who answered, by hostname
  bool waited = false;                      // cold-start-wait is over
  bool allow_behind = false;                // start-behind: allow
};

enum class start_verdict : std::uint8_t {
  lead,    // become primary
  wait,    // for others
  refuse,  // serve reads only, until somebody leads or is told to
};

struct start_judgement {
  start_verdict verdict = start_verdict::wait;
  std::string why;  // it does not lead, in words
};

[[nodiscard]] start_judgement judge_start(start_facts const& f);

// Nobody can hold more than this node: it was the primary, and no other candidate was left.
[[nodiscard]] bool leads_alone(node_memory const& m) noexcept;

}  // namespace litefs
