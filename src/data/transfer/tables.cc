#include "data/transfer/tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "data/names.h"

namespace tenon::data {
namespace {

using storage::Row;
using storage::Visit;

constexpr std::size_t kBatchBytes = std::size_t{1} << 20;
constexpr std::size_t kFirstRows = 32;
constexpr std::size_t kMaxRows = 2000;

// One row for each column: table, column, type, nullable, place in the key (0: none), counter.
constexpr std::string_view kSqlite = R"sql(
SELECT t.name, c.name, c.type, c."notnull" = 0 AND c.pk = 0, c.pk,
       c.pk = 1 AND instr(s.sql, 'AUTOINCREMENT') > 0
  FROM pragma_table_list AS t JOIN sqlite_schema AS s ON s.type = 'table' AND s.name = t.name
  JOIN pragma_table_info(t.name) AS c
  WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite\_%' ESCAPE '\'
  ORDER BY t.name, c.name)sql";

constexpr std::string_view kPostgres = R"sql(
SELECT CAST(t.relname AS TEXT), CAST(c.attname AS TEXT), CAST(format_type(c.atttypid, NULL) AS TEXT),
       CAST(CASE WHEN c.attnotnull THEN 0 ELSE 1 END AS BIGINT),
       CAST(coalesce(array_position(CAST(k.indkey AS INT2[]), c.attnum) + 1, 0) AS BIGINT),
       CAST(CASE WHEN c.attidentity = '' THEN 0 ELSE 1 END AS BIGINT)
  FROM pg_class AS t
  JOIN pg_attribute AS c ON c.attrelid = t.oid AND c.attnum > 0 AND NOT c.attisdropped
  LEFT JOIN pg_index AS k ON k.indrelid = t.oid AND k.indisprimary
  WHERE t.relnamespace = CAST(CAST(current_schema() AS TEXT) AS regnamespace) AND t.relkind = 'r'
  ORDER BY t.relname, c.attname)sql";

Storage storage_of(std::string_view type) noexcept {
  if (type == "INTEGER" || type == "bigint") return Storage::integer;
  if (type == "TEXT" || type == "text") return Storage::text;
  return Storage::blob;
}

/// Tables that are not the tenant's own, or that are made anew on the other side.
bool is_made_of_others(std::string_view table) noexcept {
  return table == "tenon_format" || table == "table_shape" || table.starts_with("archive_");
}

std::set<std::string, std::less<>> search_tables(const Catalog& catalog) {
  std::set<std::string, std::less<>> names;
  for (const auto* entity : catalog.entities())
    if (entity->searchable())
      names.insert(entity->search_table().substr(1, entity->search_table().size() - 2));
  return names;
}

/// What is read of one table before its columns are in their last order.
struct Draft {
  TableInfo table;
  std::map<std::int64_t, std::string> key;  // by place

  Result<TableInfo> finish() {
    // SQLite numbers the rows of an entity for itself; they are told apart by their ids.
    if (key.size() == 1 && key.begin()->second == "rid") {
      key.clear();
      std::erase_if(table.columns, [](const TableColumn& column) { return column.name == "rid"; });
    }
    if (key.empty()) key.emplace(1, "id");
    for (const auto& [place, name] : key) {
      const auto found = std::ranges::find(table.columns, name, &TableColumn::name);
      if (found == table.columns.end())
        return fail(Error(ErrorCode::internal,
                          fmt::format("The table \"{}\" has no primary key.", table.name))
                        .because("transfer.key"));
      table.key.push_back(static_cast<std::size_t>(found - table.columns.begin()));
    }
    return std::move(table);
  }
};

/// `SELECT columns FROM table [WHERE (key) > (?2, …)] ORDER BY key LIMIT ?1`.
std::string select_sql(const TableInfo& table, bool first) {
  std::string columns;
  for (const auto& column : table.columns)
    columns += (columns.empty() ? "" : ", ") + quote(column.name);
  std::string key;
  std::string places;
  for (std::size_t i = 0; i < table.key.size(); ++i) {
    key += (i == 0 ? "" : ", ") + quote(table.columns[table.key[i]].name);
    places += fmt::format("{}?{}", i == 0 ? "" : ", ", i + 2);
  }
  const auto from = first ? std::string() : fmt::format(" WHERE ({}) > ({})", key, places);
  return fmt::format("SELECT {} FROM {}{} ORDER BY {} LIMIT ?1", columns, quote(table.name), from,
                     key);
}

/// A value of its own, to go on from after the batch is gone.
class Place {
 public:
  void set(const TableInfo& table, const RowBatch& batch) {
    texts_.clear();
    numbers_.clear();
    for (const auto column : table.key) {
      const auto value = batch.at(batch.rows() - 1, column);
      if (const auto* number = std::get_if<std::int64_t>(&value)) numbers_.push_back(*number);
      if (const auto* text = std::get_if<std::string_view>(&value)) texts_.emplace_back(*text);
      if (const auto* blob = std::get_if<storage::Blob>(&value))
        texts_.emplace_back(reinterpret_cast<const char*>(blob->data()), blob->size());
    }
  }
  [[nodiscard]] std::vector<storage::Value> values(const TableInfo& table,
                                                   std::int64_t limit) const {
    std::vector<storage::Value> all{limit};
    std::size_t text = 0;
    std::size_t number = 0;
    for (const auto column : table.key) {
      if (table.columns[column].storage == Storage::integer) {
        all.emplace_back(numbers_[number++]);
        continue;
      }
      const std::string_view view = texts_[text++];
      if (table.columns[column].storage == Storage::text)
        all.emplace_back(view);
      else
        all.emplace_back(
            storage::Blob(reinterpret_cast<const std::uint8_t*>(view.data()), view.size()));
    }
    return all;
  }

 private:
  std::vector<std::string> texts_;
  std::vector<std::int64_t> numbers_;
};

}  // namespace

Result<std::vector<TableInfo>> read_tables(storage::Session& session, const Catalog& catalog) {
  const auto search = search_tables(catalog);
  std::vector<Draft> drafts;
  const auto sql = session.dialect() == storage::Dialect::sqlite ? kSqlite : kPostgres;
  TENON_TRY(session.query(sql, {}, [&](const Row& row) {
    const auto name = row.text(0);
    if (is_made_of_others(name) || search.contains(name)) return Visit::more;
    if (drafts.empty() || drafts.back().table.name != name) {
      drafts.emplace_back();
      drafts.back().table.name = name;
    }
    auto& draft = drafts.back();
    draft.table.columns.push_back({.name = std::string(row.text(1)),
                                   .storage = storage_of(row.text(2)),
                                   .nullable = row.integer(3) != 0});
    if (row.integer(4) != 0) draft.key.emplace(row.integer(4), row.text(1));
    if (row.integer(5) != 0) draft.table.counter = row.text(1);
    return Visit::more;
  }));
  std::vector<TableInfo> tables;
  for (auto& draft : drafts) {
    TENON_ASSIGN(table, draft.finish());
    tables.push_back(std::move(table));
  }
  return tables;
}

Result<std::vector<UniqueKey>> read_unique_keys(storage::Session& session, const TableInfo& table) {
  constexpr std::string_view kOnSqlite =
      "SELECT i.name, c.name FROM pragma_index_list(?1) AS i JOIN pragma_index_info(i.name) AS c "
      "WHERE i.origin = 'u' ORDER BY i.name, c.seqno";
  constexpr std::string_view kOnPostgres =
      "SELECT CAST(k.conname AS TEXT), CAST(c.attname AS TEXT) FROM pg_constraint AS k "
      "JOIN pg_attribute AS c ON c.attrelid = k.conrelid AND c.attnum = ANY (k.conkey) "
      "WHERE k.contype = 'u' AND k.conrelid = CAST(quote_ident(CAST(?1 AS TEXT)) AS regclass) "
      "ORDER BY k.conname, array_position(k.conkey, c.attnum)";
  std::vector<UniqueKey> keys;
  std::string last;
  const std::array<storage::Value, 1> values{std::string_view(table.name)};
  TENON_TRY(session.query(session.dialect() == storage::Dialect::sqlite ? kOnSqlite : kOnPostgres,
                          values, [&](const Row& row) {
                            if (keys.empty() || row.text(0) != last) keys.emplace_back();
                            last = row.text(0);
                            keys.back().emplace_back(row.text(1));
                            return Visit::more;
                          }));
  return keys;
}

Result<std::map<std::string, std::int64_t>> read_counters(storage::Session& session,
                                                          const std::vector<TableInfo>& tables) {
  std::map<std::string, std::int64_t> counters;
  for (const auto& table : tables) {
    if (!table.counter) continue;
    const auto last = session.dialect() == storage::Dialect::sqlite
                          ? std::string("(SELECT seq FROM sqlite_sequence WHERE name = ?1)")
                          : fmt::format(
                                "pg_sequence_last_value(CAST(pg_get_serial_sequence(CAST("
                                "quote_ident(?1) AS TEXT), '{}') AS regclass))",
                                *table.counter);
    const std::array<storage::Value, 1> values{std::string_view(table.name)};
    TENON_TRY(session.query(
        fmt::format("SELECT CAST(coalesce({}, 0) AS BIGINT), coalesce((SELECT max({}) FROM {}), 0)",
                    last, quote(*table.counter), quote(table.name)),
        values, [&](const Row& row) {
          const auto number = std::max(row.integer(0), row.integer(1));
          if (number > 0) counters[table.name] = number;
          return Visit::more;
        }));
  }
  return counters;
}

Result<> set_counter(storage::Session& session, const TableInfo& table, std::int64_t last) {
  TENON_ASSERT(table.counter.has_value());
  const std::array<storage::Value, 2> values{std::string_view(table.name), last};
  if (session.dialect() == storage::Dialect::postgres)
    return session.query(fmt::format("SELECT setval(CAST(pg_get_serial_sequence(CAST(quote_ident("
                                     "?1) AS TEXT), '{}') AS regclass), ?2)",
                                     *table.counter),
                         values, [](const Row&) { return Visit::more; });
  TENON_ASSIGN(changed,
               session.execute("UPDATE sqlite_sequence SET seq = ?2 WHERE name = ?1", values));
  if (changed == 0)
    TENON_TRY(session.execute("INSERT INTO sqlite_sequence(name, seq) VALUES(?1, ?2)", values));
  return {};
}

void RowBatch::add(const Row& row, const TableInfo& table) {
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const int column = static_cast<int>(i);
    Cell cell;
    const auto keep = [&](Cell::Kind kind, std::string_view text) {
      cell = {
          .kind = kind, .number = static_cast<std::int64_t>(text.size()), .offset = bytes_.size()};
      bytes_ += text;
    };
    if (!row.is_null(column)) switch (table.columns[i].storage) {
        case Storage::integer:
          cell = {.kind = Cell::Kind::integer, .number = row.integer(column), .offset = 0};
          break;
        case Storage::text:
          keep(Cell::Kind::text, row.text(column));
          break;
        case Storage::blob: {
          const auto blob = row.blob(column);
          keep(Cell::Kind::blob, {reinterpret_cast<const char*>(blob.data()), blob.size()});
          break;
        }
      }
    cells_.push_back(cell);
  }
}

storage::Value RowBatch::at(std::size_t row, std::size_t column) const noexcept {
  const auto& cell = cells_[row * width_ + column];
  const auto text = [&] {
    return std::string_view(bytes_).substr(cell.offset, static_cast<std::size_t>(cell.number));
  };
  switch (cell.kind) {
    case Cell::Kind::integer:
      return cell.number;
    case Cell::Kind::text:
      return text();
    case Cell::Kind::blob:
      return storage::Blob(reinterpret_cast<const std::uint8_t*>(text().data()), text().size());
    case Cell::Kind::null:
      break;
  }
  return std::monostate{};
}

Result<> each_batch(storage::Session& session, const TableInfo& table,
                    const std::function<Result<>(const RowBatch&)>& visit) {
  const auto first = select_sql(table, true);
  const auto next = select_sql(table, false);
  Place place;
  std::size_t limit = kFirstRows;
  for (bool begun = false;; begun = true) {
    RowBatch batch(table.columns.size());
    bool cut = false;
    const std::array<storage::Value, 1> only{static_cast<std::int64_t>(limit)};
    const auto values = begun ? place.values(table, static_cast<std::int64_t>(limit))
                              : std::vector<storage::Value>(only.begin(), only.end());
    TENON_TRY(session.query(begun ? next : first, values, [&](const Row& row) {
      batch.add(row, table);
      cut = batch.bytes() > 4 * kBatchBytes;
      return cut ? Visit::stop : Visit::more;
    }));
    if (batch.rows() == 0) return {};
    TENON_TRY(visit(batch));
    if (!cut && batch.rows() < limit) return {};
    place.set(table, batch);
    const auto size = std::max<std::size_t>(1, batch.bytes() / batch.rows());
    limit = std::clamp<std::size_t>(kBatchBytes / size, 1, std::min(limit * 8, kMaxRows));
  }
}

}  // namespace tenon::data
