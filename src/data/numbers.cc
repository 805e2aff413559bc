#include "data/numbers.h"

#include <array>

namespace tenon::data {
namespace {

constexpr std::int64_t kLargest = 1'000'000'000'000'000'000;
constexpr std::size_t kMaxBlocks = 1000;

}  // namespace

Result<std::int64_t> take_numbers(storage::Session& session, std::string_view name,
                                  std::string_view period, std::int64_t count) {
  std::int64_t next = 0;
  const std::array<storage::Value, 4> values{name, period, count + 1, count};
  TENON_TRY(session.query(
      "INSERT INTO number_sequence(name, period, next) VALUES(?1, ?2, ?3) "
      "ON CONFLICT(name, period) DO UPDATE SET next = number_sequence.next + ?4 RETURNING next",
      values, [&](const storage::Row& row) {
        next = row.integer(0);
        return storage::Visit::more;
      }));
  TENON_ASSERT(next > count);
  if (next > kLargest)
    return fail(
        Error(ErrorCode::exhausted, "A counter has come to its end.").because("number.limit"));
  return next - count;
}

std::optional<std::int64_t> NumberBlocks::take(const NumberKey& key) {
  const std::lock_guard lock(mutex_);
  const auto found = blocks_.find(key);
  if (found == blocks_.end()) return std::nullopt;
  const auto number = found->second.next++;
  if (found->second.next >= found->second.end) blocks_.erase(found);
  return number;
}

void NumberBlocks::forget(std::uint64_t epoch) {
  const std::lock_guard lock(mutex_);
  epoch_ = epoch;
  blocks_.clear();
}

void NumberBlocks::put(const NumberKey& key, NumberBlock block, std::uint64_t epoch) {
  if (block.next >= block.end) return;
  const std::lock_guard lock(mutex_);
  if (epoch != epoch_) return;
  // Periods pass; what is left of old ones is a gap like any other.
  if (blocks_.size() >= kMaxBlocks) blocks_.clear();
  blocks_.try_emplace(key, block);
}

}  // namespace tenon::data
