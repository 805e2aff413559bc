#pragma once
// Awaits the work of host functions under the wall budget of a call. The timer is armed by the
// first wait of a run and rests when the run has ended. For this room only.

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "wasm/reply.h"

namespace tenon::wasm {

/// Thread: that of the call. Lifetime: shared by the call, its timer and the work under way, since
/// any of them may end last when an event loop is torn down.
class HostWait : public std::enable_shared_from_this<HostWait> {
 public:
  HostWait(const Executor& executor, Instant deadline) : timer_(executor), deadline_(deadline) {}

  /// The answer of `work`; nothing when the deadline comes first. What `work` throws is a trap.
  /// Cost: no suspension when `work` does not suspend.
  [[nodiscard]] asio::awaitable<std::optional<Reply>> run(asio::awaitable<Reply> work);

  /// No waits for now: an event loop that runs until it is out of work is not held up.
  void rest() {
    if (armed_) timer_.cancel();
    armed_ = false;
  }

 private:
  void arm();

  asio::steady_timer timer_;
  Instant deadline_;
  asio::cancellation_signal stop_;
  bool armed_ = false;
  bool passed_ = false;
};

}  // namespace tenon::wasm
