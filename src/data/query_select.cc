#include "data/query_select.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "data/query_text.h"

namespace tenon::data {
namespace {

constexpr std::size_t kMaxSelected = 250;

std::unexpected<Reason> wrong(std::string code, std::string message) {
  return std::unexpected(Reason{std::move(code), std::move(message)});
}

constexpr std::array<std::pair<std::string_view, Bucket>, 5> kBuckets = {
    {{"day", Bucket::day},
     {"week", Bucket::week},
     {"month", Bucket::month},
     {"quarter", Bucket::quarter},
     {"year", Bucket::year}}};
constexpr std::array<std::pair<std::string_view, Function>, 5> kFunctions = {
    {{"count", Function::count},
     {"sum", Function::sum},
     {"avg", Function::avg},
     {"min", Function::min},
     {"max", Function::max}}};

constexpr std::array<std::pair<std::string_view, Cast>, 19> kCasts = {{
    {"text", Cast::text},       {"varchar", Cast::text},
    {"bpchar", Cast::text},     {"char", Cast::text},
    {"float8", Cast::number},   {"float4", Cast::number},
    {"float", Cast::number},    {"real", Cast::number},
    {"double", Cast::number},   {"double precision", Cast::number},
    {"numeric", Cast::number},  {"decimal", Cast::number},
    {"integer", Cast::integer}, {"int", Cast::integer},
    {"int2", Cast::integer},    {"int4", Cast::integer},
    {"int8", Cast::integer},    {"bigint", Cast::integer},
    {"date", Cast::date},
}};

template <class Enum, std::size_t N>
Enum word(const std::array<std::pair<std::string_view, Enum>, N>& words, std::string_view text) {
  for (const auto& [name, value] : words)
    if (name == text) return value;
  return Enum::none;
}

bool number(FieldType type) noexcept {
  return type == FieldType::integer || type == FieldType::decimal || type == FieldType::money;
}

std::expected<void, Reason> check_call(const Column& column, const Selected& selected) {
  if (selected.bucket != Bucket::none && column.type != FieldType::date &&
      column.type != FieldType::datetime)
    return wrong("unsupported", fmt::format("\"{}\" is no date.", column.name));
  const bool sums = selected.function == Function::sum || selected.function == Function::avg;
  const bool compares = selected.function == Function::min || selected.function == Function::max;
  const bool ordered = column.storage == Storage::integer && column.type != FieldType::boolean;
  const bool text = column.type == FieldType::string || column.type == FieldType::text ||
                    column.type == FieldType::sequence;
  if ((sums && !number(column.type)) || (compares && !ordered && !text))
    return wrong("unsupported", fmt::format("\"{}\" has no such aggregate.", column.name));
  return {};
}

/// Whether a value of this kind can be shown so. A sum or an average is a number, a count too.
bool takes_cast(const Column* column, const Selected& selected) noexcept {
  if (selected.cast == Cast::none || selected.cast == Cast::text) return true;
  const bool counts = column == nullptr || selected.function == Function::count;
  const auto type = counts ? FieldType::integer : column->type;
  if (selected.cast == Cast::number) return number(type);
  if (selected.cast == Cast::integer)
    return type == FieldType::boolean ||
           (type == FieldType::integer && selected.function != Function::avg);
  return type == FieldType::date || type == FieldType::datetime;
}

/// `credit.sum()`, `seen.month()`, `seen.month().min()`, `count()`: the calls behind a name.
std::expected<Selected, Reason> call(Sight sight, std::string_view text) {
  Selected selected{.column = kNoColumn, .name = {}};
  const auto split = split_outside(text, '.');
  if (!split) return wrong("syntax", "A quotation mark does not close.");
  const auto& parts = *split;
  std::size_t next = 0;
  if (parts.front() != "count()") {
    auto column = sight.column(parts.front(), "");
    if (!column) return wrong("unknown", column.error().message());
    selected.column = *column;
    next = 1;
  }
  for (; next < parts.size(); ++next) {
    auto name = parts[next];
    if (!name.ends_with("()")) return wrong("syntax", "Write an aggregate as field.sum().");
    name.remove_suffix(2);
    const auto bucket = word(kBuckets, name);
    const auto function = word(kFunctions, name);
    if (bucket != Bucket::none && selected.bucket == Bucket::none &&
        selected.function == Function::none && selected.column != kNoColumn)
      selected.bucket = bucket;
    else if (function != Function::none && selected.function == Function::none)
      selected.function = function;
    else
      return wrong("unsupported",
                   fmt::format("\"{}\" is no aggregate: count, sum, avg, min, max, or a date by "
                               "day, week, month, quarter, year.",
                               name.substr(0, 32)));
    selected.name = name;
  }
  if (selected.column != kNoColumn)
    if (auto done = check_call(sight.entity().columns()[selected.column], selected); !done)
      return std::unexpected(std::move(done.error()));
  return selected;
}

/// Where the related records of `name` are found. `hint` is the name of the reference.
std::expected<Embed, Reason> relation(const Catalog* catalog, Sight sight, std::string_view name,
                                      std::string_view hint) {
  const auto& entity = sight.entity();
  const auto unknown = [&] {
    return wrong("unknown", fmt::format("\"{}\" has no related records \"{}\".", entity.name(),
                                        name.substr(0, 64)));
  };
  if (catalog == nullptr) return unknown();
  const auto target_of = [&](const Column& column) -> const EntityInfo* {
    if (column.type != FieldType::reference || column.field == nullptr) return nullptr;
    const auto& plugin = column.field->ref_plugin;
    return catalog->find(plugin.empty() ? entity.plugin() : plugin, column.field->ref_entity);
  };
  std::vector<Embed> found;
  for (const auto i : sight.columns()) {
    const auto& column = entity.columns()[i];
    const auto* target = target_of(column);
    const bool named = column.name == name && hint.empty();
    const bool meant = target != nullptr &&
                       (target->name() == name || target->full_name() == name) &&
                       (hint.empty() || hint == column.name);
    if (target == nullptr || (!named && !meant)) continue;
    Embed embed{.name = {}, .entity = target, .kind = Embed::Kind::to_one, .here = i};
    if (named) found.clear();
    found.push_back(std::move(embed));
    if (named) break;
  }
  const bool by_field =
      found.size() == 1 && entity.columns()[found.front().here].name == name && hint.empty();
  for (const auto& incoming : entity.incoming()) {
    if (by_field) break;
    const auto* source = catalog->find(incoming.plugin, incoming.entity);
    if (source == nullptr) continue;
    const auto& column = source->columns()[incoming.column];
    const bool plural = name.size() == source->name().size() + 1 && name.ends_with('s') &&
                        name.starts_with(source->name());
    const bool named = source->name() == name || source->full_name() == name || plural;
    if (!named || !(hint.empty() || hint == column.name)) continue;
    if (!Sight(*source, sight.viewer()).readable(incoming.column)) continue;
    found.push_back({.name = {},
                     .entity = source,
                     .kind = Embed::Kind::to_many,
                     .here = 0,
                     .there = incoming.column});
  }
  std::erase_if(found, [&](const Embed& embed) {
    return Sight(*embed.entity, sight.viewer()).scope() == Scope::none;
  });
  if (found.empty()) return unknown();
  if (found.size() > 1)
    return wrong("ambiguous", fmt::format("More than one relation is meant by \"{0}\"; name the "
                                          "reference: {0}!<field>(…).",
                                          name.substr(0, 64)));
  return std::move(found.front());
}

bool groups(const Query& query) {
  return std::ranges::any_of(
      query.select, [](const Selected& selected) { return selected.function == Function::none; });
}

/// The names that the record itself has of a question: those of what is spread into it too.
void names_of(const Query& query, std::vector<std::string_view>& names) {
  for (const auto& one : query.select) names.push_back(one.name);
  for (const auto& one : query.embeds) {
    if (!one.shown) continue;
    if (one.spread)
      names_of(one.query, names);
    else
      names.push_back(one.name);
  }
}

/// `*,category(name)`: a column of `*`, those of `select` from `from` to `to`, is left out where
/// something else that is selected has its name.
void give_way(Query& query, std::size_t from, std::size_t to) {
  const auto at = [&](std::size_t i) {
    return query.select.begin() + static_cast<std::ptrdiff_t>(i);
  };
  std::vector<Selected> starred(std::make_move_iterator(at(from)), std::make_move_iterator(at(to)));
  query.select.erase(at(from), at(to));
  std::vector<std::string_view> names;
  names_of(query, names);
  std::erase_if(starred, [&](const Selected& one) {
    return std::ranges::find(names, one.name) != names.end();
  });
  query.select.insert(at(from), std::make_move_iterator(starred.begin()),
                      std::make_move_iterator(starred.end()));
}

}  // namespace

bool is_alias(std::string_view text) noexcept {
  return !text.empty() && text.size() <= 63 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

std::expected<void, Reason> SelectReader::embed(Sight sight, std::string_view text, Query& query,
                                                std::size_t depth) {
  if (depth >= kMaxEmbedDepth)
    return wrong("limit", fmt::format("Related records nest at most {} deep.", kMaxEmbedDepth));
  if (++embeds_ > kMaxEmbeds)
    return wrong("limit", fmt::format("At most {} relations at once.", kMaxEmbeds));
  const bool spread = text.starts_with("...");
  if (spread) text.remove_prefix(3);
  const auto open = text.find('(');
  auto head = text.substr(0, open);
  const auto inside = inside_parentheses(text.substr(open));
  if (!inside) return wrong("syntax", "The parentheses do not close.");
  std::string_view alias;
  if (const auto colon = head.find(':'); colon != std::string_view::npos) {
    alias = head.substr(0, colon);
    head.remove_prefix(colon + 1);
  }
  // The quotes of the whole close, those before the parenthesis need not.
  auto split = split_outside(head, '!');
  if (!split) return wrong("syntax", "A quotation mark does not close.");
  auto& parts = *split;
  auto join = Embed::Join::left;
  if (parts.size() > 1 && (parts.back() == "inner" || parts.back() == "left")) {
    if (parts.back() == "inner") join = Embed::Join::inner;
    parts.pop_back();
  }
  if (parts.size() > 2) return wrong("syntax", "Write alias:relation!field!inner(columns).");
  auto made = relation(catalog_.get(), sight, parts[0], parts.size() > 1 ? parts[1] : "");
  if (!made) return std::unexpected(std::move(made.error()));
  const auto plain = parts[0].substr(parts[0].rfind('.') + 1);
  made->name = alias.data() == nullptr ? plain : alias;
  if (!is_alias(made->name)) return wrong("syntax", "An alias is made of letters, digits and _.");
  if (spread && made->kind == Embed::Kind::to_many)
    return wrong("unsupported", "Only a single related record can stand in the record itself.");
  made->spread = spread;
  made->join = join;
  made->query.catalog = catalog_;
  const Sight inner(*made->entity, viewer_);
  made->shown = !inside->empty();
  if (!made->shown)
    made->query.select.push_back({.column = 0, .name = "id"});
  else if (auto done = read(inner, *inside, made->query, depth + 1); !done)
    return done;
  if (made->query.aggregated && (made->kind == Embed::Kind::to_one || groups(made->query)))
    return wrong("unsupported",
                 "Related records are aggregated as a whole, such as "
                 "contacts(count()); ask for their groups by themselves.");
  query.embeds.push_back(std::move(*made));
  return {};
}

std::expected<void, Reason> SelectReader::item(Sight sight, std::string_view text, Query& query,
                                               std::size_t depth) {
  if (text == "*") {
    for (const auto column : sight.columns())
      query.select.push_back({.column = column, .name = sight.entity().columns()[column].name});
    return {};
  }
  if (text.find("->") != std::string_view::npos)
    return wrong("unsupported", "Paths into JSON are not supported.");
  const auto open = text.find('(');
  if (text.starts_with("...")) {
    if (open == std::string_view::npos) return wrong("syntax", "Write ...relation(columns).");
    return embed(sight, text, query, depth);
  }
  Selected selected;
  auto name = text;
  if (const auto cast = text.rfind("::"); cast != std::string_view::npos && !text.ends_with(')')) {
    selected.cast = word(kCasts, text.substr(cast + 2));
    if (selected.cast == Cast::none)
      return wrong("unsupported", "Values are cast to text, float8, numeric, int8 or date.");
    name = text.substr(0, cast);
  }
  std::string_view alias;
  if (const auto colon = name.substr(0, open).find(':'); colon != std::string_view::npos) {
    alias = name.substr(0, colon);
    name.remove_prefix(colon + 1);
    if (!is_alias(alias)) return wrong("syntax", "An alias is made of letters, digits and _.");
  }
  // PostgREST's older way to write it.
  if (name == "count" && !sight.find(name)) name = "count()";
  const bool calls = name == "count()" || (open != std::string_view::npos && name.ends_with("()") &&
                                           name.substr(0, name.find('(')).find('.') != name.npos);
  if (open != std::string_view::npos && !calls) {
    if (selected.cast != Cast::none) return wrong("unsupported", "A related record has no cast.");
    return embed(sight, text, query, depth);
  }
  if (calls) {
    auto made = call(sight, name);
    if (!made) return std::unexpected(std::move(made.error()));
    made->cast = selected.cast;
    selected = std::move(*made);
    query.aggregated = true;
  } else {
    auto column = sight.column(name, "");
    if (!column) return wrong("unknown", column.error().message());
    selected.column = *column;
    selected.name = std::string(name);
  }
  if (!alias.empty()) selected.name = alias;
  const auto* column =
      selected.column == kNoColumn ? nullptr : &sight.entity().columns()[selected.column];
  if (!takes_cast(column, selected))
    return wrong("unsupported", fmt::format("\"{}\" cannot be shown so.", name.substr(0, 64)));
  if (!is_alias(selected.name))
    return wrong("syntax", "An alias is made of letters, digits and _.");
  query.select.push_back(std::move(selected));
  return {};
}

std::expected<void, Reason> SelectReader::read(Sight sight, std::string_view text, Query& query,
                                               std::size_t depth) {
  const auto parts = split_outside(text, ',');
  if (!parts) return wrong("syntax", "The parentheses do not close.");
  std::size_t from = 0, to = 0;  // the columns of a `*`
  for (const auto part : *parts) {
    const auto before = query.select.size();
    if (auto done = item(sight, part, query, depth); !done) return done;
    if (part == "*") from = before, to = query.select.size();
    if (query.select.size() > kMaxSelected)
      return wrong("limit", fmt::format("At most {} columns are selected.", kMaxSelected));
  }
  if (query.aggregated && !query.embeds.empty())
    return wrong("unsupported", "Aggregates and related records do not go together.");
  if (query.select.empty()) query.select.push_back({.column = 0, .name = "id"});
  if (to > from) give_way(query, from, to);
  std::vector<std::string_view> names;
  names_of(query, names);
  std::ranges::sort(names);
  if (const auto twice = std::ranges::adjacent_find(names); twice != names.end())
    return wrong("syntax", fmt::format("\"{}\" is selected twice.", *twice));
  return {};
}

}  // namespace tenon::data
