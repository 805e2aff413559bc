#include "plugins/alone.h"

#include <utility>

#include "async/run_on.h"
#include "data/run_unit.h"

namespace tenon::plugins {
namespace {

Task<AloneAnswer> run_here(Host* host, AloneCall call, StartCall start) {
  const auto installation = call.origin.installations->find(call.plugin);
  if (installation == call.origin.installations->end())
    co_return fail(
        Error(ErrorCode::not_found, "this plugin is not installed").because("http.not_found"));
  for (int run = 1;; ++run) {
    data::UnitOfWork unit = call.origin.workspace->tenant()->unit(call.viewer, call.cause);
    auto outcome = co_await start(*host, {.installation = installation->second,
                                          .work = unit,
                                          .origin = call.origin,
                                          .limits = call.limits,
                                          .subject = call.subject});
    Result<> done;
    if (!outcome.result) {
      done = std::unexpected(std::move(outcome.result.error()));
      unit.rollback();
    } else if (call.end == AloneCall::End::undo) {
      unit.rollback();
    } else {
      done = co_await unit.commit();
    }
    if (done)
      co_return AloneAnswer{.answer = *std::move(outcome.result), .events = unit.tally().events};
    if (run == data::kMaxRuns || !data::wants_rerun(done.error()))
      co_return std::unexpected(std::move(done.error()));
  }
}

}  // namespace

std::shared_ptr<const identity::Principal> system_principal(const std::string& tenant) {
  return std::make_shared<const identity::Principal>(identity::Principal{.tenant = tenant,
                                                                         .user = {},
                                                                         .name = "system",
                                                                         .locale = "zh-CN",
                                                                         .administrator = true,
                                                                         .permissions = {}});
}

Task<AloneAnswer> run_alone(Host& host, AloneCall call, StartCall start) {
  return run_on(host.executor(), run_here(&host, std::move(call), std::move(start)));
}

}  // namespace tenon::plugins
