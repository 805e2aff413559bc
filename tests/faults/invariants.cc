#include "invariants.h"

#include <fmt/format.h>

namespace tenon::testing {
namespace {

using storage::Row;
using storage::Visit;

/// Versions count up from 1 and each step has one audit row and one event.
std::string breach_of_history(data::Tenant& tenant, const data::EntityInfo& entity) {
  const auto sql = fmt::format(
      "SELECT count(*) FROM {} r LEFT JOIN (SELECT record, count(*) AS n FROM audit GROUP BY "
      "record) a ON a.record = r.\"id\" WHERE a.n IS NULL OR a.n <> r.\"version\"",
      entity.table());
  auto wrong = number(tenant, sql);
  if (!wrong) return wrong.error().for_log();
  if (*wrong != 0)
    return fmt::format("{} rows of {} have another version than audit rows", *wrong,
                       entity.full_name());
  return {};
}

std::string breach_of_references(data::Tenant& tenant, const data::EntityInfo& entity) {
  const auto catalog = tenant.catalog();
  for (const auto& incoming : entity.incoming()) {
    const auto* source = catalog->find(incoming.plugin, incoming.entity);
    auto wrong =
        number(tenant, fmt::format("SELECT count(*) FROM {} s JOIN {} t ON t.\"id\" = s.{} WHERE "
                                   "s.\"deleted_at\" IS NULL AND t.\"deleted_at\" IS NOT NULL",
                                   source->table(), entity.table(),
                                   source->columns()[incoming.column].sql));
    if (!wrong) return wrong.error().for_log();
    if (*wrong != 0)
      return fmt::format("{} living rows of {} refer to deleted rows of {}", *wrong,
                         source->full_name(), entity.full_name());
  }
  return {};
}

}  // namespace

Result<std::int64_t> number(data::Tenant& tenant, std::string_view sql) {
  TENON_ASSIGN(reader, tenant.database().reader());
  std::int64_t answer = 0;
  TENON_TRY(reader.session().query(sql, {}, [&](const Row& row) {
    answer = row.integer(0);
    return Visit::stop;
  }));
  return answer;
}

std::string breach_of_invariants(data::Tenant& tenant) {
  if (auto whole = tenant.database().check(); !whole) return whole.error().for_log();
  const auto catalog = tenant.catalog();
  std::string versions = "0";
  for (const auto* entity : catalog->entities()) {
    if (auto breach = breach_of_history(tenant, *entity); !breach.empty()) return breach;
    if (auto breach = breach_of_references(tenant, *entity); !breach.empty()) return breach;
    versions += fmt::format(" + (SELECT coalesce(sum(\"version\"), 0) FROM {})", entity->table());
  }
  auto unequal =
      number(tenant,
             fmt::format("SELECT count(*) FROM (SELECT {} AS v, (SELECT count(*) FROM audit) AS a, "
                         "(SELECT count(*) FROM outbox) AS e) q WHERE q.v <> q.a OR q.a <> q.e",
                         versions));
  if (!unequal) return unequal.error().for_log();
  return *unequal == 0 ? "" : "rows, events and audit rows are not equal in number";
}

Result<std::map<std::string, std::uint64_t>> versions(data::Tenant& tenant, std::string_view plugin,
                                                      std::string_view entity) {
  const auto catalog = tenant.catalog();
  TENON_ASSIGN(info, catalog->entity(plugin, entity));
  TENON_ASSIGN(reader, tenant.database().reader());
  std::map<std::string, std::uint64_t> found;
  TENON_TRY(reader.session().query(fmt::format("SELECT \"id\", \"version\" FROM {}", info->table()),
                                   {}, [&](const Row& row) {
                                     const auto id = row.blob(0);
                                     found.emplace(std::string(id.begin(), id.end()),
                                                   static_cast<std::uint64_t>(row.integer(1)));
                                     return Visit::more;
                                   }));
  return found;
}

}  // namespace tenon::testing
