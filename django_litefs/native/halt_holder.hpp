// Holds one HALT lock on a thread whose descriptors no other thread has.
//
// LiteFS releases the lock at any close of its descriptor, and every child that Python forks closes its
// copies. So the thread leaves the process's descriptor table before it opens the lock: no fork() of another
// thread can see it, and it closes when the process dies. The thread takes no signals; it gives the lock back
// when it is told to, or by itself after `hold_max`, since beyond halt_lock::ttl the primary writes again
// while this node believes it may. Thread-safe. In a forked child every call does nothing.
#pragma once

#include <chrono>
#include <memory>
#include <string>

namespace litefs::python {

class halt_holder {
 public:
  enum class state { waiting, held, refused, released };

  // Begins to acquire it at once; `hold_max` counts from here.
  halt_holder(std::string mount, std::string database, std::chrono::milliseconds hold_max);
  ~halt_holder();  // gives it back without waiting
  halt_holder(halt_holder const&) = delete;
  halt_holder& operator=(halt_holder const&) = delete;

  // The state once it is no longer `waiting`, or after `at_most`.
  [[nodiscard]] state wait_acquired(std::chrono::milliseconds at_most) const;
  // Gives it back, or up; true if that is done within `at_most`.
  bool release(std::chrono::milliseconds at_most);
  // What refused it; "" if nothing did.
  [[nodiscard]] std::string problem() const;

 private:
  struct shared;
  std::shared_ptr<shared> shared_;
  int owner_;
};

}  // namespace litefs::python
