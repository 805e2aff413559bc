#include "data/reader.h"

#include <array>

#include "data/cursor.h"
#include "data/encode.h"

namespace tenon::data {
namespace {

/// Position of `version` in columns(): the first system column behind the fields.
int version_place(const EntityInfo& entity) noexcept {
  return static_cast<int>(entity.entity().fields.size()) + 1;
}

void write_selected(std::string& out, const EntityInfo& entity,
                    const std::vector<Selected>& columns, const storage::Row& row) {
  char before = '{';
  int place = 0;
  for (const auto& selected : columns) {
    out += before;
    before = ',';
    out += '"';
    out += selected.name;
    out += "\":";
    write_value(out, entity.columns()[selected.column], row, place++);
  }
  out += '}';
}

}  // namespace

Error not_found(const EntityInfo& entity, std::source_location where) {
  return Error(ErrorCode::not_found, "There is no such record of \"" + entity.name() + "\".", where)
      .because("data.not_found");
}

std::vector<storage::Value> views(const std::vector<Value>& values) {
  std::vector<storage::Value> bound;
  bound.reserve(values.size());
  for (const auto& value : values) bound.push_back(view(value));
  return bound;
}

Result<Record> Reader::get(const EntityInfo& entity, RecordId id) {
  Record record{.id = id};
  const std::array<storage::Value, 1> values{storage::Blob(id.value.bytes)};
  ++tally_.queries;
  TENON_TRY(session_.query(entity.sql().get, values, [&](const storage::Row& row) {
    record.version = static_cast<std::uint64_t>(row.integer(version_place(entity)));
    record.json.reserve(512);
    write_record(record.json, entity, row);
    return storage::Visit::more;
  }));
  if (record.json.empty()) return fail(not_found(entity));
  ++tally_.rows_read;
  return record;
}

Result<std::vector<Value>> Reader::values(const EntityInfo& entity, RecordId id) {
  std::vector<Value> found;
  const std::array<storage::Value, 1> values{storage::Blob(id.value.bytes)};
  ++tally_.queries;
  TENON_TRY(session_.query(entity.sql().get, values, [&](const storage::Row& row) {
    int place = 0;
    for (const auto& column : entity.columns()) found.push_back(read_value(column, row, place++));
    return storage::Visit::more;
  }));
  if (found.empty()) return fail(not_found(entity));
  ++tally_.rows_read;
  return found;
}

Result<Page> Reader::list(const EntityInfo& entity, const Query& query) {
  TENON_ASSIGN(plan, plan_list(entity, query, viewer_, cursor_key_));
  Page page;
  page.json = "[";
  std::vector<Value> last;
  bool more = false;
  for (auto& leg : plan.legs) {
    if (query.limit == 0 || more) break;
    leg.values.back() = static_cast<std::int64_t>(query.limit - page.rows + 1);
    ++tally_.queries;
    TENON_TRY(session_.query(leg.sql, views(leg.values), [&](const storage::Row& row) {
      more = page.rows == query.limit;
      if (more) return storage::Visit::stop;
      if (page.rows++ > 0) page.json += ',';
      write_selected(page.json, entity, plan.columns, row);
      if (page.rows < query.limit) return storage::Visit::more;
      int place = static_cast<int>(plan.columns.size());
      for (const auto key : plan.keys)
        last.push_back(read_value(entity.columns()[key], row, place++));
      return storage::Visit::more;
    }));
  }
  page.json += ']';
  tally_.rows_read += page.rows;
  if (more) page.next = make_cursor(cursor_key_, plan.shape, last);
  if (query.count != Count::none) {
    TENON_ASSIGN(total, count(entity, query));
    page.total = total.rows;
    page.capped = total.capped;
  }
  return page;
}

Result<Total> Reader::count(const EntityInfo& entity, const Query& query) {
  const auto cap = query.count == Count::exact ? 0 : kCountCap;
  const auto statement = plan_count(entity, query, viewer_, cap);
  Total total;
  ++tally_.queries;
  TENON_TRY(session_.query(statement.sql, views(statement.values), [&](const storage::Row& row) {
    total.rows = static_cast<std::uint64_t>(row.integer(0));
    return storage::Visit::more;
  }));
  total.capped = cap != 0 && total.rows > cap;
  if (total.capped) total.rows = cap;
  return total;
}

Result<std::vector<RecordId>> Reader::matching(const EntityInfo& entity, const Query& query,
                                               std::size_t bound) {
  if (!query.filtered())
    return fail(Error(ErrorCode::invalid, "A change of many records needs a filter.")
                    .because("data.filter_required"));
  const auto statement = plan_matching(entity, query, viewer_, bound);
  std::vector<RecordId> ids;
  ++tally_.queries;
  TENON_TRY(session_.query(statement.sql, views(statement.values), [&](const storage::Row& row) {
    ids.push_back(RecordId{to_uuid(row.blob(0))});
    return storage::Visit::more;
  }));
  tally_.rows_read += ids.size();
  if (ids.size() > bound)
    return fail(
        Error(ErrorCode::exhausted, "More than " + std::to_string(bound) + " records match.")
            .because("data.max_affected"));
  return ids;
}

Result<bool> Reader::exists(const EntityInfo& entity, const Uuid& id) {
  bool found = false;
  const std::array<storage::Value, 1> values{storage::Blob(id.bytes)};
  ++tally_.queries;
  TENON_TRY(session_.query(entity.sql().living, values, [&](const storage::Row&) {
    found = true;
    return storage::Visit::more;
  }));
  return found;
}

}  // namespace tenon::data
