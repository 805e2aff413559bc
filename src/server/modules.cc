#include "server/modules.h"

#include "async/wait_for.h"
#include "services/exports/exports.h"
#include "services/imports/imports.h"
#include "services/print/print.h"
#include "services/upkeep/upkeep.h"

namespace tenon::server {
namespace {

/// The modules of the program. A new service is added here.
std::vector<std::shared_ptr<modules::ErpModule>> native_modules(
    const services::Outlook& outlook, const std::filesystem::path& folder) {
  const auto upkeep = std::make_shared<services::Upkeep>();
  const auto exports = std::make_shared<services::Exports>(outlook, folder);
  const auto imports = std::make_shared<services::Imports>(outlook, folder);
  upkeep->add(exports->chore());
  upkeep->add(imports->chore());
  return {upkeep, exports, imports, std::make_shared<services::Print>(outlook)};
}

Task<> started(modules::ModuleRegistry* registry) {
  co_await registry->start();
  co_return Result<>();
}

}  // namespace

Modules::Modules(const Clock& clock, Random& random, std::filesystem::path folder, Log log)
    : folder_(std::move(folder)),
      events_(clock, std::move(log.undelivered)),
      feed_(thread_.at(0)),
      registry_(thread_.at(0), clock, random, events_, feed_, std::move(log.failed)) {}

Result<> Modules::start() {
  for (auto& module : native_modules(outlook_, folder_))
    TENON_TRY(registry_.add(std::move(module)));
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
