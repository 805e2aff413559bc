#include "data/condition.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"
#include "base/utf8.h"

namespace tenon::data {
namespace {

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
    case Operator::is_distinct:
      return "IS DISTINCT FROM";
    default:
      return "=";
  }
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

/// The longest run of plain text between the wildcards of a pattern.
std::string longest_literal(std::string_view pattern) {
  std::string longest;
  std::string run;
  const auto end_run = [&] {
    if (run.size() > longest.size()) longest = run;
    run.clear();
  };
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '%' || pattern[i] == '_') {
      end_run();
      continue;
    }
    if (pattern[i] == '\\') ++i;
    if (i == pattern.size()) break;
    run += pattern[i];
  }
  end_run();
  return longest;
}

/// Sizes of lists that are prepared; a list is filled up with its last value.
std::size_t padded(std::size_t size) noexcept {
  for (const std::size_t step : {1U, 4U, 20U, 64U, 256U, 1000U})
    if (size <= step) return step;
  return size;
}

}  // namespace

std::string literal_prefix(std::string_view pattern) {
  std::string prefix;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '%' || pattern[i] == '_') break;
    if (pattern[i] == '\\') ++i;
    if (i == pattern.size()) break;
    prefix += pattern[i];
  }
  return prefix;
}

std::vector<Token> wanted_tokens(const EntityInfo& entity, const Filter& leaf) {
  if (leaf.kind != Filter::Kind::leaf) return {};
  const auto& text =
      leaf.values.empty() ? std::string() : std::get<std::string>(leaf.values.front());
  if (leaf.op == Operator::fts) return wanted_words(text);
  if (entity.columns()[leaf.column].fold_sql.empty()) return {};
  const auto folded = utf8::fold(text);
  if (leaf.op == Operator::contains) return wanted_inside(folded);
  return wanted_inside(longest_literal(folded));
}

std::string Condition::qualified(std::string_view sql) const {
  return fmt::format("{}.{}", alias_, sql);
}
std::string Condition::column(std::size_t place) const {
  return qualified(sight_.entity().columns()[place].sql);
}

std::string Condition::bind(Value value) {
  out_.values.push_back(std::move(value));
  return fmt::format("?{}", out_.values.size());
}

std::string Condition::in_list(const std::vector<Uuid>& ids) {
  std::string list;
  for (std::size_t i = 0; i < padded(ids.size()); ++i)
    list += (i == 0 ? "IN (" : ", ") + bind(ids[std::min(i, ids.size() - 1)]);
  return list + ")";
}

std::string Condition::base(Rows rows, ScopeUse use) {
  auto text =
      qualified(rows == Rows::living ? "\"deleted_at\" IS NULL" : "\"deleted_at\" IS NOT NULL");
  [[maybe_unused]] const auto scope = scoped(use);
#ifndef TENON_FAULT_NO_SCOPE  // the fault that the rights walk must catch
  text += scope;
#endif
  return text;
}

std::string Condition::scoped(ScopeUse use) {
  const auto& viewer = sight_.viewer();
  const auto test = [&](std::string_view name) {
    auto expression = qualified(name);
    return " AND " + (use == ScopeUse::tests ? not_driving(dialect_, expression) : expression);
  };
  std::string nothing = " AND 1 = 0";
  switch (sight_.scope()) {
    case Scope::all:
      return {};
    case Scope::none:
      return nothing;
    case Scope::self:
      return viewer.user ? test("\"owner\"") + " = " + bind(viewer.user->value) : nothing;
    case Scope::department:
      return viewer.department ? test("\"department\"") + " = " + bind(viewer.department->value)
                               : nothing;
    case Scope::department_tree: {
      std::vector<Uuid> tree;
      for (const auto& department : viewer.departments) tree.push_back(department.value);
      TENON_ASSERT(tree.size() <= kMaxDepartments);
      return tree.empty() ? nothing : test("\"department\"") + " " + in_list(tree);
    }
  }
  return nothing;
}

std::string Condition::filter(const Filter& filter, Search search) {
  std::string text;
  for (const auto& child : filter.children) {
    const bool alone = search == Search::driven && child.kind == Filter::Kind::leaf &&
                       !child.negated &&
                       (child.op == Operator::fts || child.op == Operator::contains ||
                        child.op == Operator::ilike);
    auto tokens = alone ? wanted_tokens(sight_.entity(), child) : std::vector<Token>();
    if (alone && (child.op == Operator::fts || !tokens.empty()))
      match_.add(sight_, child.column, std::move(tokens));
    if (alone && child.op == Operator::fts) continue;
    text += " AND " + (alone ? leaf(child) : tree(child));
  }
  return text;
}

std::string Condition::matched() {
  return match_.condition(dialect_, sight_.entity(), "s",
                          [&](std::string text) { return bind(std::move(text)); });
}

std::string Condition::look_up(const Match& match) {
  const auto condition = match.condition(dialect_, sight_.entity(), "s",
                                         [&](std::string text) { return bind(std::move(text)); });
  return fmt::format("({} IN (SELECT s.{} FROM {} AS s WHERE {}))", qualified(row_key(dialect_)),
                     search_key(dialect_), sight_.entity().search_table(), condition);
}

std::string Condition::related(const std::vector<Embed>& embeds, std::size_t depth) {
  std::string text;
  for (const auto& embed : embeds) {
    if (embed.join == Embed::Join::left) continue;
    Condition inner(Sight(*embed.entity, sight_.viewer()), dialect_, fmt::format("e{}", depth),
                    out_);
    text += fmt::format(" AND {}EXISTS (SELECT 1 FROM {} AS e{} WHERE {} = {} AND ",
                        embed.join == Embed::Join::none ? "NOT " : "", embed.entity->table(), depth,
                        inner.column(embed.there), column(embed.here));
    text += inner.base(Rows::living, ScopeUse::tests) + inner.filter(embed.query.filter);
    text += inner.related(embed.query.embeds, depth + 1) + ")";
  }
  return text;
}

std::string Condition::of_related(const Embed& embed, std::size_t place) {
  Condition inner(Sight(*embed.entity, sight_.viewer()), dialect_, "o", out_);
  const auto seen = inner.base(Rows::living, ScopeUse::tests);
  return fmt::format("(SELECT {} FROM {} AS o WHERE {} = {} AND {})", inner.column(place),
                     embed.entity->table(), inner.column(embed.there), column(embed.here), seen);
}

std::string Condition::tree(const Filter& filter) {
  std::string text;
  if (filter.kind == Filter::Kind::leaf) {
    text = leaf(filter);
    const bool helped = filter.op == Operator::contains || filter.op == Operator::ilike;
    auto tokens = helped ? wanted_tokens(sight_.entity(), filter) : std::vector<Token>();
    if (!tokens.empty()) {
      Match match;
      match.add(sight_, filter.column, std::move(tokens));
      text = "(" + look_up(match) + " AND " + text + ")";
    }
  } else {
    const auto* joint = filter.kind == Filter::Kind::any ? " OR " : " AND ";
    for (const auto& child : filter.children) text += (text.empty() ? "" : joint) + tree(child);
    text = "(" + text + ")";
  }
  return filter.negated ? "NOT " + text : text;
}

std::string Condition::folded(std::size_t place) const {
  const auto& one = sight_.entity().columns()[place];
  return one.fold_sql.empty() ? fmt::format("tenon_fold({})", column(place))
                              : qualified(one.fold_sql);
}

std::string Condition::leaf(const Filter& filter) {
  if (filter.op == Operator::fts) {
    Match match;
    match.add(sight_, filter.column, wanted_tokens(sight_.entity(), filter));
    return look_up(match);
  }
  const auto name = column(filter.column);
  switch (filter.op) {
    case Operator::is_null:
      return fmt::format("({} IS NULL)", name);
    case Operator::is_true:
      return fmt::format("({0} IS NOT NULL AND {0} = 1)", name);
    case Operator::is_false:
      return fmt::format("({0} IS NOT NULL AND {0} = 0)", name);
    case Operator::in: {
      std::string list;
      for (const auto& value : filter.values) list += (list.empty() ? "" : ", ") + bind(value);
      return list.empty() ? "(1 = 0)" : fmt::format("({} IN ({}))", name, list);
    }
    case Operator::like:
      return like(filter.column, std::get<std::string>(filter.values.front()));
    case Operator::ilike:
      return fmt::format("({} LIKE {} ESCAPE '\\')", folded(filter.column),
                         bind(utf8::fold(std::get<std::string>(filter.values.front()))));
    case Operator::contains:
      return fmt::format(
          "({} LIKE {} ESCAPE '\\')", folded(filter.column),
          bind("%" + escaped(utf8::fold(std::get<std::string>(filter.values.front()))) + "%"));
    case Operator::holds:
    case Operator::held_by:
    case Operator::overlaps:
      return options(filter);
    default:
      return fmt::format("({} {} {})", name, sign(filter.op), bind(filter.values.front()));
  }
}

/// Whether a list of options, stored as `["a","b"]`, has this one.
std::string Condition::option(std::size_t place, std::string_view value) {
  const auto quoted = escaped(json::serialize(json::value(json::string(value))));
  return fmt::format("({0} LIKE {1} ESCAPE '\\' OR {0} LIKE {2} ESCAPE '\\')", column(place),
                     bind("[" + quoted + "%"), bind("%," + quoted + "%"));
}

std::string Condition::options(const Filter& filter) {
  const auto name = column(filter.column);
  const bool all = filter.op == Operator::holds;
  std::vector<std::string> named;
  for (const auto& value : filter.values) named.push_back(std::get<std::string>(value));
  if (filter.op == Operator::held_by) {
    std::string others;
    for (const auto& one : sight_.entity().columns()[filter.column].field->options)
      if (std::ranges::find(named, one.value) == named.end())
        others += (others.empty() ? "" : " OR ") + option(filter.column, one.value);
    return others.empty() ? fmt::format("({} IS NOT NULL)", name)
                          : fmt::format("({} IS NOT NULL AND NOT ({}))", name, others);
  }
  std::string text;
  for (const auto& value : named)
    text += (text.empty() ? "" : all ? " AND " : " OR ") + option(filter.column, value);
  if (text.empty()) return all ? fmt::format("({} IS NOT NULL)", name) : "(1 = 0)";
  return "(" + text + ")";
}

/// A pattern that starts with plain text is a range on the index as well.
std::string Condition::like(std::size_t place, const std::string& pattern) {
  const auto name = column(place);
  auto text = fmt::format("{} LIKE {} ESCAPE '\\'", name, bind(pattern));
  if (auto prefix = literal_prefix(pattern); !prefix.empty()) {
    auto end = prefix + "\U0010FFFF";
    text += fmt::format(" AND {0} >= {1} AND {0} <= {2}", name, bind(std::move(prefix)),
                        bind(std::move(end)));
  }
  return "(" + text + ")";
}

}  // namespace tenon::data
