#pragma once
// Work of the room itself on the writer, below units of work: it writes no records, so it needs no
// viewer, but it is repeated when its group was lost, like any other.

#include <utility>

#include "data/act.h"
#include "data/run_unit.h"
#include "storage/database.h"

namespace tenon::data {

/// Runs `work(storage::Session&) -> Result<T>` on the writer until it is durable, at most kMaxRuns
/// times; on the pool where a server is waited for. Errors: those of the lease, of `work` and of
/// the commit.
template <class Work, class R = std::invoke_result_t<Work&, storage::Session&>>
[[nodiscard]] asio::awaitable<R> run_durably(storage::Database& database, Deadline deadline,
                                             Work work) {
  for (int run = 1;; ++run) {
    auto lease = co_await database.lease(deadline);
    if (!lease) co_return std::unexpected(std::move(lease.error()));
    R result = TENON_CO_ACT(database, work(lease->session()));
    if (result) {
      auto done = co_await lease->commit();
      if (done) co_return result;
      result = std::unexpected(std::move(done.error()));
    } else {
      lease->rollback();
    }
    if (run == kMaxRuns || !wants_rerun(result.error())) co_return result;
  }
}

}  // namespace tenon::data
