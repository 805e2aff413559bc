#include "data/history.h"

#include <algorithm>
#include <array>

#include "data/audit_list.h"
#include "data/encode.h"
#include "data/fields/json_string.h"
#include "data/fields/number.h"
#include "data/fields/time.h"
#include "data/match.h"
#include "data/reader.h"
#include "data/stored_json.h"

namespace tenon::data {
namespace {

std::int64_t count_of(Timestamp at) { return at.time_since_epoch().count(); }

std::unexpected<Error> refuse(ErrorCode code, std::string_view what) {
  return fail(Error(code, std::string(what)).because("query.as_of"));
}

void put_selected(std::string& out, const EntityInfo& entity, const Query& query,
                  const std::vector<Value>& row) {
  const ValueRow values(row);
  if (query.select.empty()) return write_record(out, entity, values);
  char before = '{';
  for (const auto& selected : query.select) {
    out += before;
    before = ',';
    write_json_string(out, selected.name);
    out += ':';
    write_value(out, entity.columns()[selected.column], values, static_cast<int>(selected.column));
  }
  out += '}';
}

}  // namespace

Result<Page> history_of(storage::Session& session, const EntityInfo& entity, RecordId id,
                        const HistoryQuery& query) {
  const auto limit = std::clamp<std::size_t>(query.limit, 1, kMaxHistory);
  Page page;
  page.json = "[";
  std::int64_t last = 0;
  bool more = false;
  const std::array<storage::Value, 4> values{
      storage::Blob(id.value.bytes), std::string_view(entity.full_name()),
      query.before.value_or(std::numeric_limits<std::int64_t>::max()),
      static_cast<std::int64_t>(limit) + 1};
  TENON_TRY(session.query("SELECT " + std::string(kAuditColumns) +
                              " FROM audit WHERE record = ?1 AND entity = ?2 AND sequence < ?3 "
                              "ORDER BY sequence DESC LIMIT ?4",
                          values, [&](const storage::Row& row) {
                            more = page.rows == limit;
                            if (more) return storage::Visit::stop;
                            if (page.rows++ > 0) page.json += ',';
                            write_audit_row(page.json, row);
                            last = row.integer(0);
                            return storage::Visit::more;
                          }));
  page.json += ']';
  if (page.rows == 0 && !query.before) return fail(not_found(entity));
  if (more) page.next = std::to_string(last);
  return page;
}

Result<Record> record_as_of(storage::Session& session, const EntityInfo& entity, RecordId id,
                            Timestamp at) {
  std::optional<std::vector<Value>> found;
  const std::array<storage::Value, 3> values{storage::Blob(id.value.bytes),
                                             std::string_view(entity.full_name()), count_of(at)};
  TENON_TRY(
      session.query("SELECT after FROM audit WHERE record = ?1 AND entity = ?2 AND at <= ?3 "
                    "ORDER BY sequence DESC LIMIT 1",
                    values, [&](const storage::Row& row) {
                      if (!row.is_null(0)) found = stored_values(entity, row.text(0));
                      return storage::Visit::more;
                    }));
  if (!found) return fail(not_found(entity));
  Record record{.id = id, .version = 0, .json = {}};
  if (const auto* version = std::get_if<std::int64_t>(&(*found)[*entity.find("version")]))
    record.version = static_cast<std::uint64_t>(*version);
  write_record(record.json, entity, ValueRow(*found));
  return record;
}

Result<Page> list_as_of(storage::Session& session, const EntityInfo& entity, const Query& query,
                        Timestamp at) {
  if (query.after) return refuse(ErrorCode::invalid, "A list of the past is paged by offset.");
  if (query.aggregated || !query.embeds.empty())
    return refuse(ErrorCode::invalid, "A list of the past has no groups and no related records.");
  if (!can_match(query.filter))
    return refuse(ErrorCode::invalid, "This operator does not work on a list of the past.");
  std::vector<std::vector<Value>> rows;
  std::size_t seen = 0;
  const std::array<storage::Value, 3> values{std::string_view(entity.full_name()), count_of(at),
                                             static_cast<std::int64_t>(kMaxPastRecords) + 1};
  TENON_TRY(session.query(
      "SELECT after FROM audit AS present WHERE entity = ?1 AND at <= ?2 AND NOT EXISTS (SELECT 1 "
      "FROM audit AS later WHERE later.record = present.record AND later.sequence > "
      "present.sequence AND later.at <= ?2) LIMIT ?3",
      values, [&](const storage::Row& row) {
        if (++seen > kMaxPastRecords) return storage::Visit::stop;
        if (row.is_null(0)) return storage::Visit::more;
        auto found = stored_values(entity, row.text(0));
        if (found && matches(query.filter, *found)) rows.push_back(std::move(*found));
        return storage::Visit::more;
      }));
  if (seen > kMaxPastRecords)
    return refuse(ErrorCode::exhausted, "There are too many records to look at the past of all.");
  std::ranges::sort(rows, [&](const auto& left, const auto& right) {
    return comes_before(query.order, left, right);
  });
  Page page;
  page.json = "[";
  const auto end = std::min(rows.size(), query.offset + query.limit);
  for (auto i = query.offset; i < end; ++i) {
    if (page.rows++ > 0) page.json += ',';
    put_selected(page.json, entity, query, rows[i]);
  }
  page.json += ']';
  if (query.count != Count::none) page.total = rows.size();
  return page;
}

}  // namespace tenon::data
