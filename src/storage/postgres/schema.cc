#include "storage/postgres/schema.h"

#include <fmt/format.h>

#include <algorithm>

#include "storage/postgres/fold.h"
#include "storage/postgres/values.h"

namespace tenon::storage::postgres {
namespace {

constexpr std::chrono::seconds kWithin{10};

/// Runs `text`, several statements, as the login role in one transaction.
Result<> as_owner(Pool& pool, const std::string& text) {
  TENON_ASSIGN(slot, pool.enter_now());
  const auto deadline = Deadline::after(kWithin);
  TENON_ASSIGN(connection, slot.connection({}, deadline));
  connection->settle_in({});
  return connection->script(
      "SET ROLE NONE; BEGIN READ WRITE; "
      "SELECT pg_advisory_xact_lock(hashtextextended('tenon.tenants', 7)); " +
          text + "; COMMIT",
      deadline);
}

}  // namespace

Result<Place> place_of(const Pool& pool, const std::string& name) {
  const bool good = !name.empty() && name.size() <= 40 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
  if (!good)
    return fail(Error(ErrorCode::invalid, "A tenant's name is made of 1 to 40 of a-z, 0-9 and -.")
                    .because("tenant.name"));
  return Place{.schema = "t_" + name, .role = fmt::format("tenon_{}_{}", pool.mark(), name)};
}

Result<bool> has_schema(Pool& pool, const Place& place) {
  TENON_ASSIGN(slot, pool.enter_now());
  const auto deadline = Deadline::after(kWithin);
  TENON_ASSIGN(connection, slot.connection({}, deadline));
  const Value name = std::string_view(place.schema);
  TENON_ASSIGN(answer,
               connection->run({}, "SELECT 1 FROM pg_namespace WHERE nspname = CAST(?1 AS TEXT)",
                               {&name, 1}, deadline));
  return PQntuples(answer.get()) == 1;
}

Result<> create_schema(Pool& pool, const Place& place, std::uint32_t format) {
  pool.forget(place.schema);
  return as_owner(
      pool, fmt::format("CREATE ROLE \"{0}\" NOLOGIN NOINHERIT; GRANT \"{0}\" TO CURRENT_USER; "
                        "CREATE SCHEMA \"{1}\" AUTHORIZATION \"{0}\"; SET LOCAL ROLE \"{0}\"; "
                        "SET LOCAL search_path = \"{1}\"; {2}; "
                        "CREATE TABLE tenon_format(format BIGINT NOT NULL); "
                        "INSERT INTO tenon_format VALUES({3})",
                        place.role, place.schema, fold_function(), format));
}

Result<> check_format(Pool& pool, const Place& place, std::uint32_t newest) {
  TENON_ASSIGN(slot, pool.enter_now());
  PostgresSession session(std::move(slot), place, Manner::single);
  session.set_deadline(Deadline::after(kWithin));
  std::int64_t format = -1;
  auto read = session.query("SELECT format FROM tenon_format", {}, [&](const Row& row) {
    format = row.integer(0);
    return Visit::more;
  });
  if (!read && read.error().code() != ErrorCode::internal) return read;
  if (format < 0)
    return fail(
        Error(ErrorCode::unavailable, fmt::format("{}: this is no tenant of Tenon.", place.schema))
            .because("storage.corrupt"));
  if (format > std::int64_t{newest})
    return fail(Error(ErrorCode::unavailable,
                      fmt::format("{}: written by a newer version of Tenon (format {}, this one "
                                  "reads up to {}).",
                                  place.schema, format, newest))
                    .because("storage.format"));
  return {};
}

Result<> drop_schema(Pool& pool, const Place& place) {
  return as_owner(pool,
                  fmt::format("SET LOCAL ROLE \"{0}\"; DROP SCHEMA IF EXISTS \"{1}\" CASCADE; "
                              "RESET ROLE; DROP ROLE IF EXISTS \"{0}\"",
                              place.role, place.schema));
}

}  // namespace tenon::storage::postgres
