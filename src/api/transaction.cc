#include "api/transaction.h"

#include "api/rights.h"
#include "data/act.h"

namespace tenon::api {

Result<Site> site_of(const App& app, const RequestContext& context) {
  TENON_ASSIGN(workspace, app.registry.serving(context.principal->tenant));
  plugins::CallOrigin origin{.workspace = workspace,
                             .installations = workspace->installations(),
                             .principal = answered_in(context.locale, context.principal),
                             .trace = context.trace,
                             .deadline = context.deadline};
  auto viewer = viewer_of(origin.principal, origin.installations);
  return Site{.workspace = std::move(workspace),
              .origin = std::move(origin),
              .viewer = std::move(viewer),
              .trace = context.trace_id};
}

plugins::Requester requester_of(const RequestContext& context) {
  return {.principal = context.principal,
          .trace = context.trace,
          .trace_id = context.trace_id,
          .deadline = context.deadline};
}

namespace detail {

Task<> rehearse(data::UnitOfWork* unit) {
  Result<> done;
  if (unit->acquired()) done = TENON_CO_ACT(*unit, unit->settle());
  unit->rollback();
  co_return done;
}

Task<> before_rerun(const App* app, const Site* site, int run) {
  if (!site->workspace->tenant()->waits()) co_return Result<>();
  const auto span = static_cast<std::uint64_t>(kRerunPause.count()) << run;
  const auto pause = std::chrono::microseconds(span / 2 + app->random.next() % span);
  co_return co_await sleep_until(Deadline::after(pause));
}

}  // namespace detail
}  // namespace tenon::api
