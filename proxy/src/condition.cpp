#include "litefs/proxy/condition.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace litefs::proxy {

namespace asio = boost::asio;

namespace {

// Leaves the list when the wait ends, also when its coroutine is cancelled or destroyed.
template <class List>
class enlisted {
 public:
  enlisted(List& list, typename List::iterator place) : list_(list), place_(place) {}
  ~enlisted() { list_.erase(place_); }
  enlisted(enlisted const&) = delete;
  enlisted& operator=(enlisted const&) = delete;

 private:
  List& list_;
  typename List::iterator place_;
};

}  // namespace

asio::awaitable<bool> condition::wait(time_point deadline, predicate met) {
  if (met()) co_return true;
  auto const place =
      waiting_.insert(waiting_.end(), waiter{asio::steady_timer(executor_, deadline), std::move(met), false});
  enlisted const guard(waiting_, place);
  co_await place->timer.async_wait(asio::as_tuple(asio::use_awaitable));
  co_return place->woken || place->met();
}

void condition::notify() {
  for (auto& w : waiting_) {
    if (w.woken || !w.met()) continue;
    w.woken = true;
    w.timer.cancel();
  }
}

}  // namespace litefs::proxy
