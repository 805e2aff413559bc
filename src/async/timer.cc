#include "async/timer.h"

namespace tenon {

Task<> sleep_until(Deadline deadline) {
  const Woken why =
      co_await Waiter::wait(std::make_shared<Waiter>(), deadline, Cancellation::heeded);
  if (why == Woken::deadline) co_return Result<>();
  co_return fail(wait_error(why, "sleep"));
}

}  // namespace tenon
