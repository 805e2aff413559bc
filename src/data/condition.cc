#include "data/condition.h"

#include <fmt/format.h>

#include "base/utf8.h"

namespace tenon::data {
namespace {

/// The text that every match starts with, and whether anything else is left of the pattern.
std::string literal_prefix(std::string_view pattern) {
  std::string prefix;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '%' || pattern[i] == '_') break;
    if (pattern[i] == '\\' && ++i == pattern.size()) break;
    prefix += pattern[i];
  }
  return prefix;
}

std::string_view sign(Operator op) noexcept {
  switch (op) {
    case Operator::neq:
      return "<>";
    case Operator::gt:
      return ">";
    case Operator::gte:
      return ">=";
    case Operator::lt:
      return "<";
    case Operator::lte:
      return "<=";
    default:
      return "=";
  }
}

}  // namespace

void Condition::base(const Viewer& viewer) {
  switch (viewer.scope) {
    case Scope::all:
      break;
  }
  out_.sql += "\"deleted_at\" IS NULL";
}

void Condition::filter(const Filter& filter) {
  for (const auto& child : filter.children) out_.sql += " AND " + tree(child);
}

std::string Condition::bind(Value value) {
  out_.values.push_back(std::move(value));
  return fmt::format("?{}", out_.values.size());
}

std::string Condition::tree(const Filter& filter) {
  std::string text;
  if (filter.kind == Filter::Kind::leaf) {
    text = leaf(filter);
  } else {
    const auto* joint = filter.kind == Filter::Kind::any ? " OR " : " AND ";
    for (const auto& child : filter.children) text += (text.empty() ? "" : joint) + tree(child);
    text = "(" + text + ")";
  }
  return filter.negated ? "NOT " + text : text;
}

std::string Condition::leaf(const Filter& filter) {
  const auto& column = entity_.columns()[filter.column];
  switch (filter.op) {
    case Operator::is_null:
      return fmt::format("({} IS NULL)", column.sql);
    case Operator::is_true:
      return fmt::format("({0} IS NOT NULL AND {0} = 1)", column.sql);
    case Operator::is_false:
      return fmt::format("({0} IS NOT NULL AND {0} = 0)", column.sql);
    case Operator::in: {
      std::string list;
      for (const auto& value : filter.values) list += (list.empty() ? "" : ", ") + bind(value);
      return fmt::format("({} IN ({}))", column.sql, list);
    }
    case Operator::like:
      return like(column, std::get<std::string>(filter.values.front()));
    case Operator::ilike: {
      const auto folded =
          column.fold_sql.empty() ? fmt::format("tenon_fold({})", column.sql) : column.fold_sql;
      return fmt::format("({} LIKE {} ESCAPE '\\')", folded,
                         bind(utf8::fold(std::get<std::string>(filter.values.front()))));
    }
    default:
      return fmt::format("({} {} {})", column.sql, sign(filter.op), bind(filter.values.front()));
  }
}

/// A pattern that starts with plain text is a range on the index as well.
std::string Condition::like(const Column& column, const std::string& pattern) {
  auto text = fmt::format("{} LIKE {} ESCAPE '\\'", column.sql, bind(pattern));
  if (auto prefix = literal_prefix(pattern); !prefix.empty()) {
    auto end = prefix + "\U0010FFFF";
    text += fmt::format(" AND {0} >= {1} AND {0} <= {2}", column.sql, bind(std::move(prefix)),
                        bind(std::move(end)));
  }
  return "(" + text + ")";
}

}  // namespace tenon::data
