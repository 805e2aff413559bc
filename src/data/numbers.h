#pragma once
// Counters of a tenant, by name and period. The database holds the truth: a counter's row says the
// next number that nobody has taken.
//
// Gapless numbers are taken one at a time inside the transaction that uses them. Fast ones come in
// blocks: the unit that finds none left takes a block in its own transaction, and what it does not
// use serves later units of this process once that transaction is durable. A block that is lost
// leaves a gap, never a number twice.

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "storage/session.h"

namespace tenon::data {

inline constexpr std::int64_t kNumberBlock = 64;

/// Takes `count` numbers that follow each other; gives the first, 1 for a new counter. Errors:
/// exhausted (`number.limit`) beyond 10^18, those of storage::Session.
[[nodiscard]] Result<std::int64_t> take_numbers(storage::Session& session, std::string_view name,
                                                std::string_view period, std::int64_t count);

struct NumberBlock {
  std::int64_t next = 0, end = 0;  // next…end-1 are left
};
using NumberKey = std::pair<std::string, std::string>;  // name, period

/// Numbers that this process may give away without asking. Thread: any.
class NumberBlocks {
 public:
  [[nodiscard]] std::optional<std::int64_t> take(const NumberKey& key);
  /// Requires: the transaction that took `block` is durable. One of another `epoch` is a gap.
  void put(const NumberKey& key, NumberBlock block, std::uint64_t epoch);
  /// Other definitions hold: their counters may count anew.
  void forget(std::uint64_t epoch);

 private:
  std::mutex mutex_;
  std::uint64_t epoch_ = 0;
  std::map<NumberKey, NumberBlock> blocks_;
};

}  // namespace tenon::data
