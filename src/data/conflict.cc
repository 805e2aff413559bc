// A change that was made of an older version than the stored one: what the client needs to merge
// the two, or to ask its user.
#include <fmt/format.h>

#include <array>

#include "data/fields/json_string.h"
#include "data/stored_json.h"
#include "data/unit_state.h"

namespace tenon::data {
namespace {

/// The record as it was at `version`, from the audit; empty when that does not know it.
Result<std::string> as_of_version(storage::Session& session, const Uuid& id,
                                  std::uint64_t version) {
  std::string found;
  const std::array<storage::Value, 2> values{storage::Blob(id.bytes),
                                             static_cast<std::int64_t>(version)};
  TENON_TRY(
      session.query("SELECT after FROM audit WHERE record = ?1 AND version = ?2 "
                    "AND after IS NOT NULL ORDER BY sequence DESC LIMIT 1",
                    values, [&](const storage::Row& row) {
                      found = row.text(0);
                      return storage::Visit::more;
                    }));
  return found;
}

/// Fields that both have changed, to different values. Without a base: all that differ.
std::string clashes_of(Sight sight, const std::vector<Value>& theirs,
                       const std::optional<std::vector<Value>>& base, const json::object& mine) {
  std::string names;
  for (const auto& [name, value] : mine) {
    const auto place = sight.find(name);
    if (!place) continue;
    const auto& entity = sight.entity();
    if (base && (*base)[*place] == theirs[*place]) continue;
    const auto wanted = decode_json(entity.columns()[*place], value);
    if (wanted && *wanted == theirs[*place]) continue;
    names += names.empty() ? "" : ",";
    write_json_string(names, entity.columns()[*place].name);
  }
  return names;
}

}  // namespace

Result<> UnitOfWork::State::check_version(const EntityInfo& entity, const std::vector<Value>& row,
                                          std::optional<std::uint64_t> expected,
                                          const json::object* mine) {
  const auto current = version_of(entity, row);
  if (!expected || *expected == current) return {};
  TENON_ASSIGN(known, as_of_version(session(), std::get<Uuid>(row.front()), *expected));
  const auto base = stored_values(entity, known);
  const auto theirs = seen(sight(entity), row);
  auto details =
      fmt::format("{{\"expected\":{},\"current\":{},\"record\":{},\"base\":{},\"theirs\":{}",
                  *expected, current, theirs, base ? seen(sight(entity), *base) : "null", theirs);
  if (mine != nullptr)
    details += fmt::format(",\"mine\":{},\"clashes\":[{}]", json::serialize(*mine),
                           clashes_of(sight(entity), row, base, *mine));
  return fail(Error(ErrorCode::conflict, "The record was changed by someone else meanwhile.")
                  .because("data.version")
                  .with_details(details + "}"));
}

}  // namespace tenon::data
