#pragma once
// A unit of work may have to be run again through no fault of its own (another member of its group
// killed the shared transaction). This is the loop for work that has no effect outside the unit.

#include <memory>
#include <utility>

#include "data/act.h"

namespace tenon::data {

inline constexpr int kMaxRuns = 5;

/// Whether `error` asks for another run of the whole unit.
[[nodiscard]] inline bool wants_rerun(const Error& error) noexcept {
  return error.reason() == "storage.rerun";
}

/// Runs `work(UnitOfWork&) -> Result<T>` in a unit and commits it; at most kMaxRuns times. `work`
/// must not suspend.
template <class Work, class R = std::invoke_result_t<Work&, UnitOfWork&>>
[[nodiscard]] asio::awaitable<R> run_unit(std::shared_ptr<Tenant> tenant, Viewer viewer,
                                          Origin origin, Deadline deadline, Work work) {
  for (int run = 1;; ++run) {
    auto unit = tenant->unit(viewer, origin);
    auto taken = co_await unit.acquire(deadline);
    if (!taken) co_return std::unexpected(std::move(taken.error()));
    unit.set_deadline(deadline);
    R result = TENON_CO_ACT(unit, work(unit));
    if (result) {
      auto done = co_await unit.commit();
      if (done) co_return result;
      result = std::unexpected(std::move(done.error()));
    } else {
      unit.rollback();
    }
    if (run == kMaxRuns || !wants_rerun(result.error())) co_return result;
  }
}

}  // namespace tenon::data
