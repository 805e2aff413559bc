#include "identity/usage.h"

#include "identity/sql.h"

namespace tenon::identity {

Result<std::int64_t> read_storage_bytes(storage::Session& session) {
  return sql::number(session,
                     session.dialect() == storage::Dialect::sqlite
                         ? "SELECT page_count * page_size FROM pragma_page_count(), "
                           "pragma_page_size()"
                         : "SELECT CAST(coalesce(sum(pg_total_relation_size(oid)), 0) AS BIGINT) "
                           "FROM pg_class WHERE relnamespace = "
                           "CAST(CAST(current_schema() AS TEXT) AS regnamespace) AND relkind = 'r'",
                     std::array<sql::Value, 0>{});
}

Result<Usage> read_usage(storage::Session& session) {
  const std::array<sql::Value, 0> none;
  TENON_ASSIGN(users,
               sql::number(session, "SELECT count(*) FROM identity_user WHERE state <> 2", none));
  TENON_ASSIGN(departments, sql::number(session, "SELECT count(*) FROM identity_department", none));
  TENON_ASSIGN(bytes, read_storage_bytes(session));
  return Usage{.users = users, .departments = departments, .storage_bytes = bytes};
}

Task<> check_storage(std::shared_ptr<Realm> realm, Instant now) {
  if (realm->take_size_look(now)) {
    TENON_CO_ASSIGN(full, co_await look(realm, [](storage::Session& session) -> Result<bool> {
                      TENON_ASSIGN(plan, read_plan(session));
                      TENON_ASSIGN(bytes, read_storage_bytes(session));
                      return bytes >= plan.of(PlanLimit::storage_bytes);
                    }));
    realm->set_full(full);
  }
  if (!realm->is_full()) co_return Result<>();
  co_return fail(
      Error(ErrorCode::exhausted,
            "The company's storage is used up; delete what is not needed or ask for another plan.")
          .because("plan.storage"));
}

}  // namespace tenon::identity
