#include "data/reader.h"

#include <algorithm>
#include <array>

#include "data/aggregate.h"
#include "data/budget.h"
#include "data/cast.h"
#include "data/cursor.h"
#include "data/encode.h"

namespace tenon::data {
namespace {

void append_joined(std::string& out, std::vector<std::string>& rows) {
  for (auto& row : rows) {
    if (&row != rows.data()) out += ',';
    out += row;
    out += '}';
  }
}

}  // namespace

void write_open(std::string& out, const EntityInfo& entity, const std::vector<Selected>& columns,
                const storage::Row& row) {
  out += '{';
  int place = 0;
  for (const auto& selected : columns) {
    if (place > 0) out += ',';
    out += '"';
    out += selected.name;
    out += "\":";
    const auto from = out.size();
    write_value(out, entity.columns()[selected.column], row, place++);
    recast(out, from, selected.cast);
  }
}

std::vector<Value> read_links(const EntityInfo& entity, const std::vector<std::size_t>& links,
                              const storage::Row& row, std::size_t place) {
  std::vector<Value> values;
  values.reserve(links.size());
  for (const auto link : links)
    values.push_back(read_value(entity.columns()[link], row, static_cast<int>(place++)));
  return values;
}

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

void write_record(std::string& out, Sight sight, const storage::Row& row) {
  if (sight.whole()) return write_record(out, sight.entity(), row);
  char before = '{';
  for (const auto column : sight.columns()) {
    const auto& one = sight.entity().columns()[column];
    out.append(1, std::exchange(before, ',')).append(1, '"').append(one.name).append("\":");
    write_value(out, one, row, static_cast<int>(column));
  }
  out += '}';
}

Result<Record> Reader::get(const EntityInfo& entity, RecordId id, Rows rows) {
  const Sight sight(entity, viewer_);
  TENON_ASSIGN(statement, plan_get(sight, session_.dialect(), id.value, rows));
  Record record{.id = id};
  ++tally_.queries;
  TENON_TRY(session_.query(statement.sql, views(statement.values), [&](const storage::Row& row) {
    record.version = static_cast<std::uint64_t>(row.integer(row.width() - 1));
    record.json.reserve(512);
    if (sight.whole()) {
      write_record(record.json, entity, row);
    } else {
      std::vector<Selected> columns;
      for (const auto column : sight.columns())
        columns.push_back({.column = column, .name = entity.columns()[column].name});
      write_open(record.json, entity, columns, row);
      record.json += '}';
    }
    return storage::Visit::more;
  }));
  if (record.json.empty()) return fail(not_found(entity));
  ++tally_.rows_read;
  return record;
}

Result<std::vector<Value>> Reader::values(const EntityInfo& entity, RecordId id, Rows rows) {
  TENON_ASSIGN(statement,
               plan_get(Sight(entity, viewer_), session_.dialect(), id.value, rows, Fields::all));
  std::vector<Value> found;
  ++tally_.queries;
  TENON_TRY(session_.query(statement.sql, views(statement.values), [&](const storage::Row& row) {
    int place = 0;
    for (const auto& column : entity.columns()) found.push_back(read_value(column, row, place++));
    return storage::Visit::more;
  }));
  if (found.empty()) return fail(not_found(entity));
  ++tally_.rows_read;
  return found;
}

Result<Page> Reader::list(const EntityInfo& entity, const Query& query) {
  const Sight sight(entity, viewer_);
  TENON_TRY(check_budget(session_, sight, query));
  if (query.aggregated) return groups(sight, query);
  TENON_ASSIGN(
      plan,
      plan_list(sight, query,
                {.viewer = viewer_, .dialect = session_.dialect(), .cursor_key = cursor_key_}));
  Page page;
  page.json = "[";
  std::vector<Value> last;
  Rowset rows;
  bool more = false;
  for (auto& leg : plan.legs) {
    if (query.limit == 0 || more) break;
    leg.values.back() = static_cast<std::int64_t>(query.limit - page.rows + 1);
    ++tally_.queries;
    TENON_TRY(session_.query(leg.sql, views(leg.values), [&](const storage::Row& row) {
      more = page.rows == query.limit;
      if (more) return storage::Visit::stop;
      ++page.rows;
      const auto behind = plan.columns.size() + plan.keys.size();
      if (plan.links.empty()) {
        if (page.rows > 1) page.json += ',';
        write_open(page.json, entity, plan.columns, row);
        page.json += '}';
      } else {
        write_open(rows.json.emplace_back(), entity, plan.columns, row);
        rows.links.push_back(read_links(entity, plan.links, row, behind));
      }
      // The last key makes the order total: it is the id.
      if (query.with_ids)
        page.ids.push_back(RecordId{to_uuid(row.blob(static_cast<int>(behind) - 1))});
      if (page.rows < query.limit) return storage::Visit::more;
      int place = static_cast<int>(plan.columns.size());
      for (const auto* key : plan.keys) last.push_back(read_value(*key, row, place++));
      return storage::Visit::more;
    }));
  }
  tally_.rows_read += page.rows;
  TENON_TRY(attach(sight, query.embeds, rows));
  append_joined(page.json, rows.json);
  page.json += ']';
  if (more) page.next = make_cursor(cursor_key_, plan.shape, last);
  if (query.count != Count::none) {
    TENON_ASSIGN(total, count(entity, query));
    page.total = total.rows;
    page.capped = total.capped;
    page.estimate = total.estimate;
  }
  return page;
}

Result<Page> Reader::groups(Sight sight, const Query& query) {
  TENON_ASSIGN(statement, plan_aggregate(sight, query, session_.dialect()));
  Page page;
  page.json = "[";
  Result<> written;
  ++tally_.queries;
  TENON_TRY(session_.query(statement.sql, views(statement.values), [&](const storage::Row& row) {
    if (page.rows == kMaxGroups) {
      written = fail(Error(ErrorCode::exhausted, "There are too many groups; filter the records.")
                         .because("query.groups"));
      return storage::Visit::stop;
    }
    if (page.rows++ > 0) page.json += ',';
    written = write_group(page.json, sight, query, row);
    return written ? storage::Visit::more : storage::Visit::stop;
  }));
  TENON_TRY(std::move(written));
  page.json += ']';
  tally_.rows_read += page.rows;
  return page;
}

Result<Total> Reader::count(const EntityInfo& entity, const Query& query) {
  const Sight sight(entity, viewer_);
  TENON_TRY(check_budget(session_, sight, query));
  const auto cap = query.count == Count::exact ? 0 : kCountCap;
  TENON_ASSIGN(statement, plan_count(sight, query, session_.dialect(), cap));
  Total total;
  ++tally_.queries;
  TENON_TRY(session_.query(statement.sql, views(statement.values), [&](const storage::Row& row) {
    total.rows = static_cast<std::uint64_t>(row.integer(0));
    return storage::Visit::more;
  }));
  total.capped = cap != 0 && total.rows > cap;
  if (!total.capped) return total;
  total.rows = cap;
  // The database's own figures know the whole table only.
  if (sight.scope() == Scope::all && !query.filtered() && query.rows == Rows::living) {
    TENON_ASSIGN(rows, estimated_rows(session_, entity));
    if (rows > static_cast<std::int64_t>(cap)) total.estimate = static_cast<std::uint64_t>(rows);
  }
  return total;
}

Result<std::vector<RecordId>> Reader::matching(const EntityInfo& entity, const Query& query,
                                               std::size_t bound) {
  if (!query.filtered())
    return fail(Error(ErrorCode::invalid, "A change of many records needs a filter.")
                    .because("data.filter_required"));
  const Sight sight(entity, viewer_);
  TENON_TRY(check_budget(session_, sight, query));
  TENON_ASSIGN(statement, plan_matching(sight, query, session_.dialect(), bound));
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
  TENON_ASSIGN(statement, plan_exists(Sight(entity, viewer_), session_.dialect(), id));
  bool found = false;
  ++tally_.queries;
  TENON_TRY(session_.query(statement.sql, views(statement.values), [&](const storage::Row&) {
    found = true;
    return storage::Visit::more;
  }));
  return found;
}

}  // namespace tenon::data
