#include "api/representation.h"

#include <vector>

#include "data/bulk/csv_writer.h"
#include "data/bulk/json_parts.h"
#include "data/sight.h"

namespace tenon::api {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

Result<> put_without_nulls(std::string& out, std::string_view json);

Result<> put_object(std::string& out, std::string_view json) {
  char before = '{';
  TENON_TRY(data::each_member(json, [&](std::string_view name, std::string_view raw) -> Result<> {
    if (raw == "null") return {};
    out.append(1, before).append(1, '"').append(name).append("\":");
    before = ',';
    return put_without_nulls(out, raw);
  }));
  out.append(before == '{' ? "{}" : "}");
  return {};
}

Result<> put_without_nulls(std::string& out, std::string_view json) {
  if (json.starts_with('{')) return put_object(out, json);
  if (!json.starts_with('[')) {
    out += json;
    return {};
  }
  out += '[';
  TENON_TRY(data::each_element(json, [&](std::string_view element) -> Result<> {
    if (out.back() != '[') out += ',';
    return put_without_nulls(out, element);
  }));
  out += ']';
  return {};
}

/// What a row would have, when there is none to tell.
std::vector<std::string> names_of(const data::Query& query, const data::EntityInfo& entity,
                                  const data::Viewer& viewer) {
  std::vector<std::string> names;
  for (const auto& selected : query.select) names.push_back(selected.name);
  if (query.select.empty())
    for (const auto column : data::Sight(entity, viewer).columns())
      names.push_back(entity.columns()[column].name);
  for (const auto& embed : query.embeds)
    if (embed.shown && !embed.spread) names.push_back(embed.name);
  return names;
}

void put_line(std::string& out, const std::vector<std::string>& cells) {
  for (const auto& cell : cells) {
    if (&cell != cells.data()) out += ',';
    data::write_cell(out, cell, data::Guard::none);
  }
  out += kLineEnd;
}

/// Null is an empty cell, an empty text `""`; what is no plain value is a cell of JSON.
Result<> put_row(std::string& out, std::string_view object) {
  bool first = true;
  TENON_TRY(data::each_member(object, [&](std::string_view, std::string_view raw) -> Result<> {
    if (!first) out += ',';
    first = false;
    if (raw == "null") return {};
    if (!raw.starts_with('"')) {
      data::write_cell(out, raw, data::Guard::none);
      return {};
    }
    TENON_ASSIGN(text, data::text_of(raw));
    data::write_cell(out, text, data::Guard::none);
    return {};
  }));
  out += kLineEnd;
  return {};
}

Result<std::string> as_csv(std::string_view rows, const std::vector<std::string>& names) {
  std::string out;
  TENON_TRY(data::each_element(rows, [&](std::string_view object) -> Result<> {
    if (out.empty()) {
      std::vector<std::string> header;
      TENON_TRY(data::each_member(object, [&](std::string_view name, std::string_view) -> Result<> {
        header.emplace_back(name);
        return {};
      }));
      put_line(out, header);
    }
    return put_row(out, object);
  }));
  if (out.empty()) put_line(out, names);
  return out;
}

std::unexpected<Error> not_single(std::size_t rows) {
  return fail(Error(ErrorCode::invalid, "Cannot coerce the result to a single JSON object")
                  .because("query.singular")
                  .with_details("\"The result contains " + std::to_string(rows) + " rows\""));
}

Result<std::string> single(std::string_view rows) {
  std::size_t count = 0;
  std::string_view only;
  TENON_TRY(data::each_element(rows, [&](std::string_view object) -> Result<> {
    only = object;
    ++count;
    return {};
  }));
  if (count == 1) return std::string(only);
  return not_single(count);
}

}  // namespace

Result<std::string> without_nulls(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  TENON_TRY(put_without_nulls(out, json));
  return out;
}

Result<> check_single(Form form, std::size_t rows) {
  if (form.media != Media::object || rows == 1) return {};
  return not_single(rows);
}

Result<std::string> represent_rows(Form form, std::string rows,
                                   const std::vector<std::string>& names) {
  if (form.media == Media::csv) return as_csv(rows, names);
  if (form.media == Media::object) {
    TENON_ASSIGN(only, single(rows));
    rows = std::move(only);
  }
  return form.strip_nulls ? without_nulls(rows) : std::move(rows);
}

Result<std::string> represent(Form form, std::string rows, const data::Query& query,
                              const data::EntityInfo& entity, const data::Viewer& viewer) {
  return represent_rows(
      form, std::move(rows),
      form.media == Media::csv ? names_of(query, entity, viewer) : std::vector<std::string>());
}

}  // namespace tenon::api
