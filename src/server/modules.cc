#include "server/modules.h"

#include "async/wait_for.h"
#include "server/webhook_port.h"
#include "services/comments/comments.h"
#include "services/notifications/notifications.h"
#include "services/upkeep/upkeep.h"
#include "services/webhooks/webhooks.h"

namespace tenon::server {
namespace {

/// The modules of the program. A new service is added here.
std::vector<std::shared_ptr<modules::ErpModule>> native_modules(Modules::Needs needs) {
  auto upkeep = std::make_shared<services::Upkeep>();
  upkeep->add(services::Notifications::chore());
  upkeep->add(services::Webhooks::chore());
  return {std::move(upkeep), std::make_shared<services::Notifications>(),
          std::make_shared<services::Comments>(),
          std::make_shared<services::Webhooks>(std::move(needs.key),
                                               webhook_port(std::move(needs.outbound)))};
}

Task<> started(modules::ModuleRegistry* registry) {
  co_await registry->start();
  co_return Result<>();
}

}  // namespace

Modules::Modules(const Clock& clock, Random& random, Log log)
    : events_(clock, std::move(log.undelivered)),
      feed_(thread_.at(0)),
      registry_(thread_.at(0), clock, random, events_, feed_, std::move(log.failed)) {}

Result<> Modules::start(Needs needs) {
  for (auto& module : native_modules(std::move(needs))) TENON_TRY(registry_.add(std::move(module)));
  return wait_for(started(&registry_));
}

Result<> Modules::stop(Deadline deadline) {
  Result<> first;
  const auto note = [&first](Result<> done) {
    if (first && !done) first = std::move(done);
  };
  note(wait_for(events_.stop(deadline)));
  note(wait_for(registry_.stop(deadline)));
  note(wait_for(feed_.stop(deadline)));
  return first;
}

}  // namespace tenon::server
