#include "server/modules.h"

#include "async/wait_for.h"
#include "identity/tables.h"
#include "modules/met.h"
#include "services/jobs/job_chores.h"
#include "services/numbering/numbering.h"
#include "services/settings/settings.h"
#include "services/upkeep/upkeep.h"

namespace tenon::server {
namespace {

Task<> started(modules::ModuleRegistry* registry) {
  co_await registry->start();
  co_return Result<>();
}

/// What each module brings, kept for as long as the program.
struct KeptTables {
  std::vector<std::string> names;
  std::vector<std::vector<data::NativeScript>> scripts;

  static KeptTables make() {
    KeptTables kept;
    for (const auto& module : native_modules({.jobs = {}, .backups = {}})) {
      auto scripts = module->migrations().scripts;
      if (scripts.empty()) continue;
      kept.names.emplace_back(module->id());
      kept.scripts.push_back(std::move(scripts));
    }
    return kept;
  }
};

}  // namespace

// A new service is added here.
std::vector<std::shared_ptr<modules::ErpModule>> native_modules(const NativeOptions& options) {
  auto upkeep = std::make_shared<services::Upkeep>();
  upkeep->add(services::job_chore());
  std::vector<std::shared_ptr<modules::ErpModule>> all{
      std::move(upkeep), std::make_shared<services::Settings>(),
      std::make_shared<services::Numbering>(), std::make_shared<services::Jobs>(options.jobs)};
  if (options.backups)
    all.push_back(std::make_shared<services::Backups>(*options.backups, options.backup));
  return all;
}

std::vector<data::NativeModule> native_tables() {
  static const KeptTables kept = KeptTables::make();
  std::vector<data::NativeModule> all{identity::tables(), modules::met_tables()};
  for (std::size_t i = 0; i < kept.names.size(); ++i)
    all.push_back({.name = kept.names[i], .scripts = kept.scripts[i]});
  return all;
}

Modules::Modules(const Clock& clock, Random& random, NativeOptions options, Log log)
    : options_(std::move(options)),
      events_(clock, std::move(log.undelivered)),
      feed_(thread_.at(0)),
      registry_(thread_.at(0), clock, random, events_, feed_, std::move(log.failed)) {}

Result<> Modules::start() {
  for (auto& module : native_modules(options_)) TENON_TRY(registry_.add(std::move(module)));
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
