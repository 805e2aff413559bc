#pragma once
// One suspended coroutine that three parties race to wake: whoever it waits for, its deadline, and
// the stop of its task. Exactly one of them wins, which is what permits and mailboxes need in order
// not to hand something to a coroutine that has already left.

#include <memory>
#include <mutex>
#include <optional>
#include <span>

#include "async/deadline.h"
#include "async/resume.h"

namespace tenon {

enum class Woken : std::uint8_t { notified, deadline, cancelled };
enum class Cancellation : std::uint8_t { heeded, ignored };

/// Thread: any. Used for one wait only.
class Waiter {
 public:
  /// Returns whether this call is the one that woke it.
  bool wake(Woken why);
  /// wake() of each, at the cost of one where they wait on the same executor.
  static void wake_all(std::span<const std::shared_ptr<Waiter>> waiters, Woken why);
  /// Why it was woken; empty while it waits.
  [[nodiscard]] std::optional<Woken> woken() const;

  /// Suspends the caller until wake(), `deadline`, or (if heeded) the stop of its task.
  [[nodiscard]] static asio::awaitable<Woken> wait(std::shared_ptr<Waiter> waiter,
                                                   Deadline deadline, Cancellation cancellation);

 private:
  [[nodiscard]] bool claim(Woken why, Resume& resume);
  void suspended(Resume resume);

  mutable std::mutex mutex_;
  std::optional<Woken> woken_;
  Resume resume_;
};

/// The error of a wait that ended otherwise than by `notified`; `reason` is the word for a passed
/// deadline.
[[nodiscard]] Error wait_error(Woken why, std::string_view reason,
                               std::source_location where = std::source_location::current());

}  // namespace tenon
