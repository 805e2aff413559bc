#include "data/search.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "data/encode.h"
#include "data/names.h"

namespace tenon::data {
namespace {

constexpr std::int64_t kBatch = 500;

std::vector<const Column*> searchable(const EntityInfo& entity) {
  std::vector<const Column*> all;
  for (const auto& column : entity.columns())
    if (!column.fold_sql.empty()) all.push_back(&column);
  return all;
}

/// Places ?2, ?3 … of the tokens; PostgreSQL makes vectors of them.
std::string insert_sql(const EntityInfo& entity, Dialect dialect) {
  std::string names;
  std::string places;
  std::size_t next = 2;
  for (const auto* column : searchable(entity)) {
    names += fmt::format(", {}, {}", word_column(column->name), gram_column(column->name));
    for (int i = 0; i < 2; ++i) {
      const auto place = fmt::format("?{}", next++);
      places += dialect == Dialect::sqlite
                    ? ", " + place
                    : fmt::format(", array_to_tsvector(string_to_array({}, ' '))", place);
    }
  }
  return fmt::format("INSERT INTO {} ({}{}) SELECT {}{} FROM {} WHERE \"id\" = ?1",
                     entity.search_table(), search_key(dialect), names, row_key(dialect), places,
                     entity.table());
}

std::vector<std::string> tokens_of(const EntityInfo& entity, const std::vector<Value>& row) {
  std::vector<std::string> tokens;
  for (std::size_t i = 0; i < entity.columns().size(); ++i) {
    if (entity.columns()[i].fold_sql.empty()) continue;
    const auto* text = std::get_if<std::string>(&row[i]);
    tokens.push_back(text == nullptr ? std::string() : word_tokens(*text));
    tokens.push_back(text == nullptr ? std::string() : gram_tokens(*text));
  }
  return tokens;
}

Result<> insert_tokens(storage::Session& session, const std::string& sql, const Uuid& id,
                       const std::vector<std::string>& tokens) {
  std::vector<storage::Value> values{storage::Blob(id.bytes)};
  for (const auto& text : tokens) values.emplace_back(std::string_view(text));
  TENON_TRY(session.execute(sql, values));
  return {};
}

std::string quoted_token(const Token& token, char quote) {
  std::string text(1, quote);
  text += token.text;
  return text + quote;
}

}  // namespace

std::vector<std::string> create_search(const EntityInfo& entity, Dialect dialect) {
  if (!entity.searchable()) return {};
  std::string columns;
  std::string names;
  for (const auto* column : searchable(entity))
    for (const auto& name : {word_column(column->name), gram_column(column->name)}) {
      names += (names.empty() ? "" : ", ") + name;
      columns += ", " + name + " tsvector";
    }
  const auto& table = entity.search_table();
  // The tokenizer `ascii` takes every byte above 0x7F as part of a token, as ours are made.
  if (dialect == Dialect::sqlite)
    return {
        fmt::format("CREATE VIRTUAL TABLE {} USING fts5({}, content='', contentless_delete=1, "
                    "detail=column, tokenize='ascii')",
                    table, names)};
  return {fmt::format("CREATE TABLE {} (\"id\" UUID PRIMARY KEY{})", table, columns),
          fmt::format("CREATE INDEX {} ON {} USING gin ({})",
                      index_name(entity.plugin_number(), entity.name(), "search"), table, names)};
}

std::vector<std::string> drop_search(const EntityInfo& entity) {
  if (!entity.searchable()) return {};
  return {"DROP TABLE " + entity.search_table()};
}

bool same_search(const EntityInfo& before, const EntityInfo& after) {
  const auto old = searchable(before);
  const auto now = searchable(after);
  return std::ranges::equal(old, now, {}, &Column::name, &Column::name);
}

Result<> index_search(storage::Session& session, const EntityInfo& entity, RecordId id,
                      const std::vector<Value>& row) {
  if (!entity.searchable()) return {};
  return insert_tokens(session, insert_sql(entity, session.dialect()), id.value,
                       tokens_of(entity, row));
}

Result<> reindex_search(storage::Session& session, const EntityInfo& entity, RecordId id,
                        const std::vector<Value>& row) {
  TENON_TRY(unindex_search(session, entity, id));
  return index_search(session, entity, id, row);
}

Result<> unindex_search(storage::Session& session, const EntityInfo& entity, RecordId id) {
  if (!entity.searchable()) return {};
  const std::array<storage::Value, 1> values{storage::Blob(id.value.bytes)};
  const auto dialect = session.dialect();
  TENON_TRY(session.execute(
      fmt::format("DELETE FROM {} WHERE {} = (SELECT {} FROM {} WHERE \"id\" = ?1)",
                  entity.search_table(), search_key(dialect), row_key(dialect), entity.table()),
      values));
  return {};
}

Result<> refill_search(storage::Session& session, const EntityInfo& entity) {
  if (!entity.searchable()) return {};
  TENON_TRY(session.execute("DELETE FROM " + entity.search_table()));
  const auto insert = insert_sql(entity, session.dialect());
  const auto select = fmt::format("SELECT {} FROM {} WHERE \"id\" > ?1 ORDER BY \"id\" LIMIT ?2",
                                  entity.sql().columns, entity.table());
  for (Uuid last;;) {
    std::vector<std::pair<Uuid, std::vector<std::string>>> batch;
    const std::array<storage::Value, 2> values{storage::Blob(last.bytes), kBatch};
    TENON_TRY(session.query(select, values, [&](const storage::Row& found) {
      std::vector<Value> row;
      int place = 0;
      for (const auto& column : entity.columns()) row.push_back(read_value(column, found, place++));
      batch.emplace_back(std::get<Uuid>(row.front()), tokens_of(entity, row));
      return storage::Visit::more;
    }));
    for (const auto& [id, tokens] : batch) TENON_TRY(insert_tokens(session, insert, id, tokens));
    if (static_cast<std::int64_t>(batch.size()) < kBatch) return {};
    last = batch.back().first;
  }
}

void Match::add(Sight sight, std::size_t column, std::vector<Token> tokens) {
  nothing_ |= tokens.empty();
  for (auto& token : tokens) {
    Part part{.columns = {}, .token = std::move(token)};
    for (const auto i : sight.columns()) {
      const auto& one = sight.entity().columns()[i];
      if (one.fold_sql.empty() || (column != kNoColumn && column != i)) continue;
      part.columns.push_back(part.token.kind == TokenKind::word ? word_column(one.name)
                                                                : gram_column(one.name));
    }
    nothing_ |= part.columns.empty();
    parts_.push_back(std::move(part));
  }
}

std::string Match::fts5() const {
  std::string text;
  for (const auto& part : parts_) {
    std::string columns;
    for (const auto& column : part.columns) columns += (columns.empty() ? "" : " ") + column;
    text += fmt::format("{}{{{}}} : {}{}", text.empty() ? "" : " AND ", columns,
                        quoted_token(part.token, '"'), part.token.prefix ? " *" : "");
  }
  return text;
}

std::string Match::tsquery(const Part& part) {
  return quoted_token(part.token, '\'') + (part.token.prefix ? ":*" : "");
}

}  // namespace tenon::data
