#include "data/predicate.h"

#include <fmt/format.h>

#include "data/query_filter.h"
#include "data/sight.h"

namespace tenon::data {
namespace {

class Renderer {
 public:
  Renderer(const EntityInfo& entity, Dialect dialect) : entity_(entity), dialect_(dialect) {}

  Result<std::string> render(const Filter& filter) {
    std::string text;
    if (filter.kind == Filter::Kind::leaf) {
      TENON_ASSIGN(made, leaf(filter));
      text = std::move(made);
    } else {
      const auto* joint = filter.kind == Filter::Kind::any ? " OR " : " AND ";
      for (const auto& child : filter.children) {
        TENON_ASSIGN(part, render(child));
        text += (text.empty() ? "" : joint) + part;
      }
      text = "(" + text + ")";
    }
    return filter.negated ? "(NOT " + text + ")" : text;
  }

 private:
  Result<std::string> leaf(const Filter& filter) {
    if (filter.op == Operator::fts) return refused("fts");
    const auto& column = entity_.columns()[filter.column];
    const auto compare = [&](std::string_view sign) {
      return fmt::format("({} {} {})", column.sql, sign, literal(filter.values.front(), dialect_));
    };
    switch (filter.op) {
      case Operator::eq:
        return compare("=");
      case Operator::neq:
        return compare("<>");
      case Operator::gt:
        return compare(">");
      case Operator::gte:
        return compare(">=");
      case Operator::lt:
        return compare("<");
      case Operator::lte:
        return compare("<=");
      case Operator::is_null:
        return fmt::format("({} IS NULL)", column.sql);
      case Operator::is_true:
        return fmt::format("({} = 1)", column.sql);
      case Operator::is_false:
        return fmt::format("({} = 0)", column.sql);
      case Operator::in: {
        std::string list;
        for (const auto& value : filter.values)
          list += (list.empty() ? "" : ", ") + literal(value, dialect_);
        if (list.empty()) break;
        return fmt::format("({} IN ({}))", column.sql, list);
      }
      default:
        break;
    }
    return refused(column.name);
  }

  static std::unexpected<Error> refused(std::string_view what) {
    return fail(
        Error(ErrorCode::invalid,
              fmt::format("\"{}\": the condition of an index compares with constants.", what))
            .because("schema.index"));
  }

  const EntityInfo& entity_;
  Dialect dialect_;
};

}  // namespace

std::string literal(const Value& value, Dialect dialect) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  if (const auto* text = std::get_if<std::string>(&value)) {
    std::string quoted = "'";
    for (const char c : *text) quoted.append(c == '\'' ? 2 : 1, c);
    return quoted + "'";
  }
  const auto* id = std::get_if<Uuid>(&value);
  if (id == nullptr) return "NULL";
  if (dialect == Dialect::postgres) return fmt::format("CAST('{}' AS UUID)", id->to_string());
  std::string digits;
  for (const auto byte : id->bytes) digits += fmt::format("{:02x}", byte);
  return "x'" + digits + "'";
}

Result<std::string> predicate_sql(const EntityInfo& entity, std::string_view where,
                                  Dialect dialect) {
  std::string text(where);
  if (!text.starts_with('(')) text = "(" + text + ")";
  const Viewer everybody;  // a schema sees every column
  const auto filter = FilterReader(Sight(entity, everybody)).tree(Filter::Kind::all, false, text);
  if (!filter)
    return fail(
        Error(ErrorCode::invalid, fmt::format("\"{}\": index condition \"{}\": {}", entity.name(),
                                              where.substr(0, 200), filter.error().message))
            .because("schema.index"));
  return Renderer(entity, dialect).render(*filter);
}

}  // namespace tenon::data
