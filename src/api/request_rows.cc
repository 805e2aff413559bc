#include "api/request_rows.h"

#include <algorithm>

#include "api/json_body.h"
#include "api/target.h"
#include "base/utf8.h"
#include "data/bulk/csv_reader.h"
#include "data/bulk/import_row.h"
#include "data/query_text.h"
#include "http/ascii.h"

namespace tenon::api {
namespace {

constexpr std::size_t kPiece = 4096;

std::unexpected<Error> too_many() {
  return fail(Error(ErrorCode::exhausted,
                    "at most " + std::to_string(kMaxRows) + " records at once; send more requests")
                  .because("limit.batch"));
}

std::unexpected<Error> wrong_columns(std::string code, const std::string& message) {
  return fail(Error(ErrorCode::invalid, "The parameter \"columns\" is wrong: " + message)
                  .because("query.parameter")
                  .with_field({"/query/columns", std::move(code), message}));
}

Result<std::vector<json::object>> json_rows(const http::Request& request) {
  TENON_ASSIGN(body, json_value(request));
  std::vector<json::object> rows;
  if (body.is_object()) {
    rows.push_back(std::move(body.get_object()));
    return rows;
  }
  const auto* list = body.if_array();
  if (list == nullptr)
    return fail(Error(ErrorCode::invalid, "expected an object or an array of objects")
                    .because("json.not_object"));
  if (list->size() > kMaxRows) return too_many();
  for (std::size_t i = 0; i < list->size(); ++i) {
    auto& item = body.get_array()[i];
    if (!item.is_object())
      return fail(Error(ErrorCode::invalid, "expected an array of objects")
                      .because("json.not_object")
                      .with_field({"/" + std::to_string(i), "type", "An object is expected."}));
    rows.push_back(std::move(item.get_object()));
  }
  return rows;
}

/// One row of a CSV; what is wrong goes to `errors` with its place.
json::object csv_row(const data::CsvRow& row, std::size_t number, data::Sight sight,
                     const std::vector<std::string>& header, std::vector<FieldError>& errors) {
  const auto at = [&](std::string_view name) {
    return "/" + std::to_string(number) + "/" + std::string(name.substr(0, 64));
  };
  json::object fields;
  for (std::size_t i = 0; i < header.size(); ++i) {
    const auto& cell = row.cells[i];
    const auto& name = header[i];
    const auto column = sight.find(name);
    // Nothing at all is null, as PostgREST's NULL is; an empty text has its quotes.
    if ((cell.text.empty() || cell.text == "NULL") && !cell.quoted) {
      fields[name] = nullptr;
      continue;
    }
    if (!utf8::is_valid(cell.text)) {
      errors.push_back({at(name), "encoding", "The text is no UTF-8."});
      continue;
    }
    if (!column) {
      fields[name] = cell.text;  // the write says that there is no such field
      continue;
    }
    auto value = data::cell_value(sight.entity().columns()[*column].type, cell.text);
    if (value)
      fields[name] = std::move(*value);
    else
      errors.push_back({at(name), value.error().reason(), value.error().message()});
  }
  return fields;
}

Result<std::vector<json::object>> csv_rows(const http::Request& request, data::Sight sight) {
  data::CsvReader reader;
  std::vector<data::CsvRow> read;
  // Bit by bit: an endless number of tiny rows is not kept before it is seen to be too much.
  for (std::string_view rest = request.body(); !rest.empty();
       rest.remove_prefix(std::min(rest.size(), kPiece))) {
    TENON_TRY(reader.feed(rest.substr(0, kPiece), read));
    if (read.size() > kMaxRows + 1) return too_many();
  }
  TENON_TRY(reader.finish(read));
  std::vector<json::object> rows;
  if (read.empty()) return rows;
  if (read.size() > kMaxRows + 1) return too_many();
  std::vector<std::string> header;
  std::vector<FieldError> errors;
  for (const auto& cell : read.front().cells) {
    if (std::ranges::find(header, cell.text) != header.end() || !utf8::is_valid(cell.text))
      return fail(Error(ErrorCode::invalid, "The first line names each column once, in UTF-8.")
                      .because("csv.header"));
    header.push_back(cell.text);
  }
  // Without rows nobody else would say that a column is not there.
  if (read.size() == 1)
    for (const auto& name : header)
      if (!sight.find(name))
        errors.push_back({"/" + name.substr(0, 64), "unknown", "There is no such field."});
  for (std::size_t i = 1; i < read.size(); ++i) {
    if (read[i].cells.size() == header.size()) {
      rows.push_back(csv_row(read[i], i - 1, sight, header, errors));
      continue;
    }
    errors.push_back({"/" + std::to_string(i - 1), "cells",
                      std::to_string(header.size()) + " cells are expected in line " +
                          std::to_string(read[i].line) + "."});
  }
  if (errors.empty()) return rows;
  return fail(Error(ErrorCode::invalid, "Some cells are wrong.")
                  .because("data.fields")
                  .with_fields(std::move(errors)));
}

}  // namespace

Result<std::optional<std::vector<std::string>>> columns_of(const http::Request& request,
                                                           data::Sight sight) {
  using Columns = std::optional<std::vector<std::string>>;
  TENON_ASSIGN(text, parameter_of(request, "columns"));
  if (!text) return Columns();
  const auto parts = data::split_outside(*text, ',');
  if (!parts) return wrong_columns("syntax", "A list of fields is expected.");
  std::vector<std::string> columns;
  for (const auto part : *parts) {
    auto name = data::unquote(part);
    if (!name) return wrong_columns("syntax", "The quotes do not close.");
    if (auto known = sight.column(*name, ""); !known && *name != "id")
      return wrong_columns("unknown", known.error().message());
    columns.push_back(std::move(*name));
  }
  return Columns(std::move(columns));
}

json::object only(json::object row, const std::vector<std::string>& columns, Missing missing) {
  json::object kept;
  for (const auto& name : columns) {
    if (auto* value = row.if_contains(name))
      kept[name] = std::move(*value);
    else if (missing == Missing::null)
      kept[name] = nullptr;
  }
  return kept;
}

Result<std::vector<json::object>> rows_of(const http::Request& request, data::Sight sight,
                                          const Preferences& preferences) {
  const auto said = request.header("Content-Type").value_or("");
  const auto type = said.substr(0, said.find(';'));
  auto rows =
      http::same_without_case(type, "text/csv") ? csv_rows(request, sight) : json_rows(request);
  if (!rows) return rows;
  TENON_ASSIGN(columns, columns_of(request, sight));
  if (columns)
    for (auto& row : *rows) row = only(std::move(row), *columns, preferences.missing);
  return rows;
}

}  // namespace tenon::api
