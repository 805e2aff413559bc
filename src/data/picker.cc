// Typing ahead: a name begins to be written, the records that may be meant are shown.
#include <fmt/format.h>

#include <algorithm>

#include "base/utf8.h"
#include "data/encode.h"
#include "data/plan_parts.h"
#include "data/reader.h"

namespace tenon::data {
namespace {

constexpr std::size_t kLongestTyped = 255;  // bytes

std::string below(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

/// Those that begin with the text: a range of the index on the label, folded where there is one.
Statement plan_begins(Sight sight, Dialect dialect, const std::string& text) {
  const auto& label = sight.entity().columns()[sight.entity().label()];
  const bool folds = !label.fold_sql.empty();
  const auto wanted = folds ? utf8::fold(text) : text;
  Statement statement;
  Condition condition(sight, dialect, "t", statement);
  const auto name = condition.qualified(folds ? label.fold_sql : label.sql);
  auto where =
      condition.base(Rows::living, ScopeUse::tests) + fmt::format(" AND {} IS NOT NULL", name);
  if (!wanted.empty())
    where += fmt::format(" AND {0} >= {1} AND {0} <= {2} AND {0} LIKE {3} ESCAPE '\\'", name,
                         condition.bind(wanted), condition.bind(wanted + "\U0010FFFF"),
                         condition.bind(below(wanted) + "%"));
  statement.sql = fmt::format(
      "SELECT t.\"id\", t.{} FROM {} AS t WHERE {} ORDER BY {} ASC, t.\"id\" ASC LIMIT {}",
      label.sql, sight.entity().table(), where, name, kPicked);
  return statement;
}

}  // namespace

Result<Page> Reader::pick(const EntityInfo& entity, std::string_view text) {
  const Sight sight(entity, viewer_);
  TENON_TRY(check_departments(sight));
  if (text.size() > kLongestTyped || text.find('\0') != std::string_view::npos ||
      !utf8::is_valid(text))
    return fail(Error(ErrorCode::invalid, "This is no text to pick by.").because("query.picker"));
  const auto label = entity.label();
  const auto& column = entity.columns()[label];
  if (label == 0 || !sight.readable(label) || column.storage != Storage::text)
    return fail(Error(ErrorCode::invalid,
                      fmt::format("Records of \"{}\" have no label to pick by.", entity.name()))
                    .because("query.picker"));
  const auto typed = utf8::to_nfc(text);

  Page page;
  page.json = "[";
  std::vector<Uuid> shown;
  const auto show = [&](const storage::Row& row) {
    const auto id = to_uuid(row.blob(0));
    if (page.rows == kPicked || std::ranges::find(shown, id) != shown.end())
      return storage::Visit::more;
    shown.push_back(id);
    page.json +=
        fmt::format("{}{{\"id\":\"{}\",\"label\":", page.rows++ > 0 ? "," : "", id.to_string());
    write_value(page.json, column, row, 1);
    page.json += '}';
    return storage::Visit::more;
  };
  const auto begins = plan_begins(sight, session_.dialect(), typed);
  ++tally_.queries;
  TENON_TRY(session_.query(begins.sql, views(begins.values), show));

  // Inside the label only where the search index knows: a picker never walks a table.
  Query inside;
  inside.select = {{.column = 0, .name = "id"}, {.column = label, .name = "label"}};
  inside.filter.children.push_back(
      {.kind = Filter::Kind::leaf, .column = label, .op = Operator::contains, .values = {typed}});
  if (page.rows < kPicked && !typed.empty() && driven_by_search(entity, inside)) {
    TENON_ASSIGN(
        plan,
        plan_list(sight, inside,
                  {.viewer = viewer_, .dialect = session_.dialect(), .cursor_key = cursor_key_}));
    auto& leg = plan.legs.front();
    leg.values.back() = static_cast<std::int64_t>(2 * kPicked);  // some begin with it and are shown
    ++tally_.queries;
    TENON_TRY(session_.query(leg.sql, views(leg.values), show));
  }
  page.json += ']';
  tally_.rows_read += page.rows;
  return page;
}

}  // namespace tenon::data
