#include "server/modules.h"

#include <utility>

#include "async/wait_for.h"
#include "identity/tables.h"
#include "modules/met.h"
#include "server/webhook_port.h"
#include "services/comments/comments.h"
#include "services/exports/exports.h"
#include "services/imports/imports.h"
#include "services/jobs/job_chores.h"
#include "services/notifications/notifications.h"
#include "services/numbering/numbering.h"
#include "services/print/print.h"
#include "services/settings/settings.h"
#include "services/upkeep/upkeep.h"
#include "services/webhooks/webhooks.h"

namespace tenon::server {
namespace {

Task<> started(modules::ModuleRegistry* registry) {
  co_await registry->start();
  co_return Result<>();
}

/// What each module brings, kept for as long as the program, with the modules: they may own the
/// texts.
struct KeptTables {
  PluginOutlook nothing;
  std::vector<std::shared_ptr<modules::ErpModule>> modules = native_modules({}, nothing);
  std::vector<std::vector<data::NativeScript>> scripts;

  KeptTables() {
    for (const auto& module : modules) scripts.push_back(module->migrations().scripts);
  }
};

}  // namespace

// A new service is added here.
std::vector<std::shared_ptr<modules::ErpModule>> native_modules(NativeOptions options,
                                                                const services::Outlook& outlook) {
  auto upkeep = std::make_shared<services::Upkeep>();
  auto exports = std::make_shared<services::Exports>(outlook, options.folder);
  auto imports = std::make_shared<services::Imports>(outlook, options.folder);
  upkeep->add(services::job_chore());
  upkeep->add(exports->chore());
  upkeep->add(imports->chore());
  upkeep->add(services::Notifications::chore());
  upkeep->add(services::Webhooks::chore());
  std::vector<std::shared_ptr<modules::ErpModule>> all{
      std::move(upkeep),
      std::make_shared<services::Settings>(),
      std::make_shared<services::Numbering>(),
      std::make_shared<services::Jobs>(options.jobs),
      std::move(exports),
      std::move(imports),
      std::make_shared<services::Print>(outlook),
      std::make_shared<services::Notifications>(),
      std::make_shared<services::Comments>(),
      std::make_shared<services::Webhooks>(std::move(options.key),
                                           webhook_port(std::move(options.outbound)))};
  if (options.backups)
    all.push_back(std::make_shared<services::Backups>(*options.backups, options.backup));
  return all;
}

std::vector<data::NativeModule> native_tables() {
  static const KeptTables kept;
  std::vector<data::NativeModule> all{identity::tables(), modules::met_tables()};
  for (std::size_t i = 0; i < kept.modules.size(); ++i)
    if (!kept.scripts[i].empty())
      all.push_back({.name = kept.modules[i]->id(), .scripts = kept.scripts[i]});
  return all;
}

Modules::Modules(const Clock& clock, Random& random, Log log)
    : events_(clock, std::move(log.undelivered)),
      feed_(thread_.at(0)),
      registry_(thread_.at(0), clock, random, events_, feed_, std::move(log.failed)) {}

Result<> Modules::start(NativeOptions options) {
  for (auto& module : native_modules(std::move(options), outlook_))
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
