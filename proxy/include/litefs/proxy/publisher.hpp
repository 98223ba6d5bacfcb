// Tells everyone on this node what the watcher found: each worker's view, the control thread's own, and the
// node page that Django's processes read. Never blocks. Not thread-safe: control thread only.
#pragma once

#include "litefs/event.hpp"
#include "litefs/node_page.hpp"
#include "litefs/node_state.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace litefs::proxy {

class publisher {
 public:
  using receiver = std::function<void(std::shared_ptr<node_state const>, std::optional<tx_event>)>;

  // `page` may be null: then nobody reads one.
  publisher(receiver to_workers, std::unique_ptr<node_page_writer> page)
      : to_workers_(std::move(to_workers)), page_(std::move(page)) {}

  void state(node_state const& s, std::optional<tx_event> tx);
  // What only the page tells. Published with the next state().
  void mount_device(std::uint64_t device) { facts_.mount_device = device; }
  void litefs_id(std::string id) { facts_.litefs_id = std::move(id); }
  // Published at once.
  void frozen(bool now);
  void beat() noexcept;
  [[nodiscard]] read_gate* gate() noexcept { return page_ ? &page_->gate() : nullptr; }
  void close() noexcept { page_.reset(); }  // the page goes away; nothing else may be published

 private:
  void write_page();

  receiver to_workers_;
  std::unique_ptr<node_page_writer> page_;
  node_facts facts_;
  std::optional<node_facts> published_;
};

}  // namespace litefs::proxy
