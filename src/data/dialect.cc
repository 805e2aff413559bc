#include "data/dialect.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "base/error.h"

namespace tenon::data {
namespace {

struct Word {
  std::string_view name, sqlite, postgres;
};

constexpr std::array kWords{
    Word{"integer", "INTEGER", "BIGINT"},
    Word{"id", "BLOB", "UUID"},
    Word{"bytes", "BLOB", "BYTEA"},
    Word{"sequence", "INTEGER PRIMARY KEY AUTOINCREMENT",
         "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"},
    Word{"strict", "STRICT", ""},
    Word{"compact", "STRICT, WITHOUT ROWID", ""},
};

std::string_view word_for(Dialect dialect, std::string_view name) {
  for (const auto& word : kWords)
    if (word.name == name) return dialect == Dialect::sqlite ? word.sqlite : word.postgres;
  broken_invariant("portable SQL has no such word", std::source_location::current());
}

}  // namespace

std::string portable(Dialect dialect, std::string_view text) {
  std::string result;
  for (;;) {
    const auto open = text.find('{');
    result += text.substr(0, open);
    if (open == std::string_view::npos) return result;
    const auto close = text.find('}', open);
    TENON_ASSERT(close != std::string_view::npos);
    result += word_for(dialect, text.substr(open + 1, close - open - 1));
    text.remove_prefix(close + 1);
  }
}

std::string_view column_type(Dialect dialect, Storage storage) noexcept {
  const bool sqlite = dialect == Dialect::sqlite;
  switch (storage) {
    case Storage::integer:
      return sqlite ? "INTEGER" : "BIGINT";
    case Storage::blob:
      return sqlite ? "BLOB" : "UUID";
    case Storage::text:
      break;
  }
  return "TEXT";
}

std::string_view row_number(Dialect dialect) noexcept {
  return dialect == Dialect::sqlite ? "\"rid\" INTEGER PRIMARY KEY,\n  " : "";
}

std::string id_condition(Dialect dialect, std::string_view column) {
  if (dialect == Dialect::postgres) return {};
  return fmt::format("length({}) = 16", column);
}

std::string json_condition(Dialect dialect, std::string_view column) {
  if (dialect == Dialect::sqlite) return fmt::format("json_valid({})", column);
  // The cast itself refuses what is no JSON; the comparison makes a condition of it.
  return fmt::format("{0} IS NULL OR CAST({0} AS JSON) IS NOT NULL", column);
}

std::string id_check(Dialect dialect, std::string_view column) {
  const auto condition = id_condition(dialect, column);
  return condition.empty() ? condition : " CHECK (" + condition + ")";
}

std::string json_check(Dialect dialect, std::string_view column) {
  return " CHECK (" + json_condition(dialect, column) + ")";
}

std::string sum_of(Dialect dialect, std::string_view expression) {
  if (dialect == Dialect::sqlite) return fmt::format("sum({})", expression);
  return fmt::format("CAST(sum({}) AS BIGINT)", expression);
}

}  // namespace tenon::data
