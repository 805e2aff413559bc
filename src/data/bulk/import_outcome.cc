#include "data/bulk/import_outcome.h"

#include <algorithm>
#include <array>

#include "data/encode.h"

namespace tenon::data {
namespace {

using storage::Blob;
using storage::Row;
using storage::Session;
using storage::Visit;

Result<std::int64_t> number(Session& session, std::string_view sql, storage::Values values) {
  std::int64_t found = 0;
  TENON_TRY(session.query(sql, values, [&](const Row& row) {
    found = row.integer(0);
    return Visit::stop;
  }));
  return found;
}

}  // namespace

Result<std::int64_t> audit_place(Tenant& tenant) {
  TENON_ASSIGN(reader, tenant.database().reader());
  return number(reader.session(), "SELECT coalesce(max(sequence), 0) FROM audit", {});
}

Result<ImportOutcome> import_outcome(Tenant& tenant, const std::string& entity,
                                     const TraceId& trace, std::int64_t from) {
  TENON_ASSIGN(reader, tenant.database().reader());
  auto& session = reader.session();
  ImportOutcome outcome;
  std::int64_t last = 0;
  const std::array<storage::Value, 3> values{std::string_view(entity), Blob(trace.value.bytes),
                                             from};
  TENON_TRY(session.query(
      "SELECT action, count(*), max(sequence) FROM audit WHERE sequence > ?3 AND trace = ?2 AND "
      "entity = ?1 GROUP BY action",
      values, [&](const Row& row) {
        const auto count = static_cast<std::uint64_t>(row.integer(1));
        if (row.text(0) == "created") outcome.created = count;
        if (row.text(0) == "updated") outcome.updated = count;
        last = std::max(last, row.integer(2));
        return Visit::more;
      }));
  const std::array<storage::Value, 1> mine{Blob(trace.value.bytes)};
  TENON_ASSIGN(open, number(session, "SELECT count(*) FROM import WHERE trace = ?1", mine));
  outcome.open = open > 0;
  if (last == 0) return outcome;
  const std::array<storage::Value, 1> which{last};
  TENON_ASSIGN(newest, number(session,
                              "SELECT max(sequence) FROM audit WHERE record = (SELECT record FROM "
                              "audit WHERE sequence = ?1)",
                              which));
  outcome.standing = newest == last;
  return outcome;
}

}  // namespace tenon::data
