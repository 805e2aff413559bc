#pragma once
// One call of a guest: a fresh store and instance with all limits armed, dropped with the object.
// Nothing survives but what the host functions stored.
//
// The guest runs on a fiber. When a host function answers with a coroutine, the fiber is suspended
// and the thread serves others; a guest that computes for longer than a tick gives the thread back
// each tick.
//
//   Call call(program, limits, &context);
//   const std::array arguments{Value::text(type), Value::bytes(payload)};
//   auto reply = co_await call.run(handle, arguments);

#include <memory>
#include <optional>

#include "async/deadline.h"
#include "async/task.h"
#include "wasm/limits.h"
#include "wasm/linker.h"

namespace tenon::wasm {

/// What a host function sees of the call. Lifetime: the Call's.
class CallState {
 public:
  /// The object given to the Call's constructor. Requires: its type was Host.
  template <class Host>
  [[nodiscard]] Host& host() const noexcept {
    return *static_cast<Host*>(host_);
  }
  [[nodiscard]] const Limits& limits() const noexcept;
  /// What was used up to now (fuel included).
  [[nodiscard]] Bill bill() const noexcept;
  /// When the wall budget of the running call ends; pass it to every wait.
  [[nodiscard]] Deadline deadline() const noexcept;

  struct Impl;
  [[nodiscard]] Impl& impl() noexcept { return *impl_; }  // for this room only

 private:
  friend class Call;
  void* host_ = nullptr;
  Impl* impl_ = nullptr;
};

/// Thread: one (that of the executor it runs on). Lifetime: dropping it at any time is safe, also
/// while the guest is suspended; the coroutine of a host function that is under way ends with
/// run(). Cost: 6–12 µs from construction to destruction with an empty guest.
class Call {
 public:
  /// `host` is handed to host functions and not owned. It may be null when none uses it.
  Call(const Program& program, const Limits& limits, void* host);
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
  ~Call();

  /// Instantiates on first use, then calls `function`. A second run() on the same Call reuses the
  /// instance (init, then handle); fuel, memory and times are those of the whole Call. After an
  /// error the instance is gone and each further run() fails with internal (`call.poisoned`).
  ///
  /// Requires: what `arguments` points to lives until the task has ended.
  /// Errors: those of TrapCause; invalid (`wasm.arguments`) when the arguments do not fit the type;
  /// internal (`call.busy`) when a run is under way (a guest is never re-entered). An error the
  /// guest returns is no error here but a Reply with is_failure().
  /// Cancel: terminal and total cancellation end the guest at its next tick or host wait.
  /// Cost: no Asio round trip unless something suspends.
  [[nodiscard]] Task<Reply> run(Export function, Arguments arguments);

  /// run() in two steps for callers that are no coroutines: start() runs to the end or to the first
  /// suspension; only when it gives nothing, finish() awaits the rest.
  [[nodiscard]] std::optional<Result<Reply>> start(Export function, Arguments arguments);
  [[nodiscard]] Task<Reply> finish();

  [[nodiscard]] Bill bill() const noexcept;
  /// The cause of the last error of run(), if it has one.
  [[nodiscard]] std::optional<TrapCause> cause() const noexcept;

 private:
  std::unique_ptr<CallState::Impl> impl_;  // the engine holds its address
};

}  // namespace tenon::wasm
