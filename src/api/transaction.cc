#include "api/transaction.h"

namespace tenon::api {

Result<Site> site_of(const App& app, const RequestContext& context) {
  auto workspace = app.registry.find(context.principal->tenant);
  if (!workspace)
    return fail(Error(ErrorCode::unavailable, "this company is not served here now")
                    .because("tenant.gone"));
  plugins::CallOrigin origin{.workspace = workspace,
                             .installations = workspace->installations(),
                             .principal = context.principal,
                             .trace = context.trace,
                             .deadline = context.deadline};
  return Site{.workspace = std::move(workspace),
              .origin = std::move(origin),
              .viewer = data::Viewer{.user = context.principal->user},
              .trace = context.trace_id};
}

}  // namespace tenon::api
