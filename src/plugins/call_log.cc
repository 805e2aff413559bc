#include "plugins/call_log.h"

#include <algorithm>
#include <ranges>
#include <utility>

namespace tenon::plugins {

void CallLog::note(CallNote call) {
  const std::lock_guard lock(mutex_);
  call.number = ++counts_.calls;
  if (call.error) ++counts_.failed;
  if (calls_.size() == kCallsKept) calls_.pop_front();
  calls_.push_back(std::move(call));
}

std::vector<CallNote> CallLog::newest(std::uint64_t before, std::size_t limit) const {
  std::vector<CallNote> found;
  const std::lock_guard lock(mutex_);
  for (const auto& call : calls_ | std::views::reverse) {
    if (found.size() == limit) break;
    if (before == 0 || call.number < before) found.push_back(call);
  }
  return found;
}

CallLog::Counts CallLog::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

}  // namespace tenon::plugins
