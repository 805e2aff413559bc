#include "modules/met.h"

#include <array>

#include "data/durably.h"

namespace tenon::modules {
namespace {

constexpr std::array kScripts{
    data::NativeScript{.number = 1,
                       .name = "modules that have met this tenant",
                       .sqlite = "CREATE TABLE module_met(module TEXT PRIMARY KEY, at INTEGER NOT "
                                 "NULL) STRICT, WITHOUT ROWID",
                       .postgres = "CREATE TABLE module_met(module TEXT PRIMARY KEY, at BIGINT NOT "
                                   "NULL)"}};

Result<bool> find(data::Tenant& tenant, const std::string& module) {
  TENON_ASSIGN(lease, tenant.database().reader());
  const std::array<storage::Value, 1> values{std::string_view(module)};
  bool found = false;
  TENON_TRY(lease.session().query("SELECT 1 FROM module_met WHERE module = ?1", values,
                                  [&](const storage::Row&) {
                                    found = true;
                                    return storage::Visit::stop;
                                  }));
  return found;
}

}  // namespace

data::NativeModule met_tables() { return {.name = "modules", .scripts = kScripts}; }

Result<> prepare_met(storage::Session& session, Timestamp now) {
  TENON_TRY(data::apply_scripts(session, "modules", kScripts, now));
  return {};
}

Task<bool> has_met(std::shared_ptr<data::Tenant> tenant, std::string module) {
  co_return TENON_CO_ACT(*tenant, find(*tenant, module));
}

Task<> note_met(std::shared_ptr<data::Tenant> tenant, std::string module, Timestamp now,
                Deadline deadline) {
  auto work = [&module, now](storage::Session& session) -> Result<> {
    const std::array<storage::Value, 2> values{std::string_view(module),
                                               std::int64_t{now.time_since_epoch().count()}};
    TENON_TRY(session.execute(
        "INSERT INTO module_met(module, at) VALUES(?1, ?2) ON CONFLICT DO NOTHING", values));
    return {};
  };
  co_return co_await data::run_durably(tenant->database(), deadline, std::move(work));
}

Task<> forget_met(std::shared_ptr<data::Tenant> tenant, std::string module, Deadline deadline) {
  auto work = [&module](storage::Session& session) -> Result<> {
    const std::array<storage::Value, 1> values{std::string_view(module)};
    TENON_TRY(session.execute("DELETE FROM module_met WHERE module = ?1", values));
    return {};
  };
  co_return co_await data::run_durably(tenant->database(), deadline, std::move(work));
}

}  // namespace tenon::modules
