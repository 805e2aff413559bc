#pragma once
// What a plugin did lately, for the administrator who wonders: the newest calls with their outcome
// and their bill. It lies in memory, one ring per tenant and plugin, and is gone with the process;
// what a call changed is in the audit.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "plugins/bill.h"

namespace tenon::plugins {

struct CallNote {
  std::uint64_t number = 0;  // 1, 2, 3 … since the process began
  Timestamp at;
  std::string trace;
  std::optional<UserId> user;  // empty: the system
  std::string version;
  std::string function;  // `actions#run`
  std::string subject;   // name of the action, entity of the hook, type of the event
  std::uint32_t depth = 0;
  std::optional<Error> error;
  Bill bill;
};

inline constexpr std::size_t kCallsKept = 200;

/// Thread: any.
class CallLog {
 public:
  void note(CallNote call);
  /// The newest first, older than number `before` (0: from the newest), at most `limit`.
  [[nodiscard]] std::vector<CallNote> newest(std::uint64_t before, std::size_t limit) const;

  struct Counts {
    std::uint64_t calls = 0;
    std::uint64_t failed = 0;
  };
  [[nodiscard]] Counts counts() const;

 private:
  mutable std::mutex mutex_;
  std::deque<CallNote> calls_;  // oldest first
  Counts counts_;
};

}  // namespace tenon::plugins
