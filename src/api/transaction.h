#pragma once
// A request that writes is one transaction on a guest thread: hooks, rows and events are stored
// together or not at all, and the answer is sent after the commit is durable.

#include <utility>

#include "api/app.h"
#include "api/context.h"
#include "async/run_on.h"
#include "async/timer.h"
#include "data/run_unit.h"

namespace tenon::api {

/// Where a request works: its tenant, the plugins of the moment, and whom it works for.
struct Site {
  std::shared_ptr<plugins::Workspace> workspace;
  plugins::CallOrigin origin;
  data::Viewer viewer;  // with the principal's rights: of all that is read and written
  TraceId trace;
};

/// Errors: unavailable when the tenant of the session is not served any more.
[[nodiscard]] Result<Site> site_of(const App& app, const RequestContext& context);

/// Who changes what is installed, as the registry wants to know it.
[[nodiscard]] plugins::Requester requester_of(const RequestContext& context);
/// rollback: a rehearsal, of which nothing stays.
enum class End : std::uint8_t { commit, rollback };

/// The first pause before a unit that a server refused runs again; each next is twice as long.
inline constexpr std::chrono::microseconds kRerunPause{2000};

namespace detail {

/// Those that got into each other's way on a server do not meet again; on a file there is no need.
[[nodiscard]] Task<> before_rerun(const App* app, const Site* site, int run);

/// Everything that a commit would do but the commit itself.
[[nodiscard]] Task<> rehearse(data::UnitOfWork* unit);

template <class T, class Work>
Task<T> transact_here(const App* app, Site site, End end, Work work) {
  for (int run = 1;; ++run) {
    data::UnitOfWork unit = site.workspace->tenant()->unit(
        site.viewer,
        data::Origin{.plugin = {}, .trace = site.trace, .correlation = {}, .causation = {}});
    Result<T> result = co_await work(unit, site);
    // With another's eyes one sees what a call would answer; nothing of it stays.
    if (result && site.origin.principal->read_only()) {
      unit.rollback();
      co_return result;
    }
    if (result) {
      auto done = end == End::commit ? co_await unit.commit() : co_await rehearse(&unit);
      if (done) {
        if (end == End::rollback) co_return result;
        if (unit.tally().events > 0) app->registry.committed(site.workspace->tenant()->name());
        co_return result;
      }
      result = std::unexpected(std::move(done.error()));
    } else {
      unit.rollback();
    }
    if (run == data::kMaxRuns || !data::wants_rerun(result.error())) co_return result;
    if (!co_await before_rerun(app, &site, run)) co_return result;
  }
}

}  // namespace detail

/// Runs `work(UnitOfWork&, const Site&) -> Task<T>` on a guest thread and commits; at most five
/// times when the shared transaction is lost. `work` owns what it needs and starts afresh each
/// time.
template <class T, class Work>
[[nodiscard]] Task<T> transact(const App& app, Site site, Work work, End end = End::commit) {
  return run_on(app.host.executor(),
                detail::transact_here<T, Work>(&app, std::move(site), end, std::move(work)));
}

}  // namespace tenon::api
