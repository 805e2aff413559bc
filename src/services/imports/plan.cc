#include "services/imports/plan.h"

#include <algorithm>
#include <array>

#include "data/bulk/import_row.h"
#include "services/bulk/members.h"

namespace tenon::services {
namespace {

using namespace std::string_view_literals;

constexpr std::array kModes = {"all_or_nothing"sv, "skip_bad_rows"sv};
constexpr std::size_t kMostColumns = 500;
constexpr std::size_t kMostKeys = 8;
constexpr std::size_t kLongestHeader = 1000;

std::string text_at(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

data::ImportMode mode_of(std::string_view word) noexcept {
  return word == kModes[1] ? data::ImportMode::skip_bad_rows : data::ImportMode::all_or_nothing;
}

}  // namespace

std::string_view to_string(data::ImportMode mode) noexcept {
  return kModes[static_cast<std::size_t>(mode)];
}

json::object to_json(const ImportPlan& plan, const FileHead* head) {
  json::array columns, key;
  for (std::size_t i = 0; i < plan.columns.size(); ++i) {
    const auto& column = plan.columns[i];
    json::object one{{"header", column.header}, {"field", nullptr}, {"by", nullptr}};
    if (!column.field.empty()) one["field"] = column.field;
    if (!column.by.empty()) one["by"] = column.by;
    if (head != nullptr && i < head->samples.size()) {
      json::array samples;
      for (const auto& sample : head->samples[i]) samples.emplace_back(sample);
      one["samples"] = std::move(samples);
    }
    columns.push_back(std::move(one));
  }
  for (const auto& name : plan.key) key.emplace_back(name);
  return {{"columns", std::move(columns)},
          {"key", std::move(key)},
          {"mode", to_string(plan.mode)},
          {"dry_run", plan.run == data::ImportRun::dry}};
}

ImportPlan plan_of(const json::object& request) {
  ImportPlan plan;
  if (const auto* columns = request.if_contains("columns"); columns && columns->is_array())
    for (const auto& column : columns->get_array())
      if (column.is_object())
        plan.columns.push_back({.header = text_at(column.get_object(), "header"),
                                .field = text_at(column.get_object(), "field"),
                                .by = text_at(column.get_object(), "by")});
  if (const auto* key = request.if_contains("key"); key && key->is_array())
    for (const auto& name : key->get_array())
      if (name.is_string()) plan.key.emplace_back(name.get_string());
  plan.mode = mode_of(text_at(request, "mode"));
  const auto* dry = request.if_contains("dry_run");
  if (dry != nullptr && dry->is_bool() && dry->get_bool()) plan.run = data::ImportRun::dry;
  return plan;
}

Result<ImportPlan> plan_of(const std::string& body, ImportPlan base) {
  json::object object;
  if (!body.empty()) {
    TENON_ASSIGN(read, json::parse_object(body));
    object = std::move(read);
  }
  Members members(object);
  const auto columns = members.objects("columns", kMostColumns);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    Members one(*columns[i], "/columns/" + std::to_string(i));
    data::ImportColumn said{.header = one.text("header", kLongestHeader).value_or(""),
                            .field = one.text("field").value_or(""),
                            .by = one.text("by").value_or("")};
    (void)one.objects("samples", 0);
    auto wrong = one.end();
    std::erase_if(wrong, [](const FieldError& error) { return error.path.ends_with("/samples"); });
    members.take(std::move(wrong));
    const auto known = std::ranges::find(base.columns, said.header, &data::ImportColumn::header);
    if (known == base.columns.end())
      members.wrong("columns/" + std::to_string(i) + "/header", "unknown",
                    "The file has no column \"" + said.header.substr(0, 80) + "\".");
    else
      *known = std::move(said);
  }
  if (object.contains("key")) base.key = members.texts("key", kMostKeys);
  base.mode = mode_of(members.word("mode", kModes, to_string(base.mode)));
  base.run = members.boolean("dry_run", base.run == data::ImportRun::dry) ? data::ImportRun::dry
                                                                          : data::ImportRun::write;
  TENON_TRY(members.finish());
  return base;
}

Result<> check_plan(const ImportPlan& plan, const std::vector<std::string>& headers,
                    const data::Catalog& catalog, const data::EntityInfo& entity,
                    const data::Viewer& viewer) {
  data::ImportOptions options;
  options.columns = plan.columns;
  options.key = plan.key;
  data::CsvRow head;
  for (const auto& header : headers) head.cells.push_back({.text = header});
  TENON_TRY(data::RowImporter::make(catalog, entity, viewer, options, head));
  for (const auto& column : plan.columns)
    if (!column.field.empty()) return {};
  return fail(Error(ErrorCode::invalid, "No column goes to a field; say in \"columns\" which does.")
                  .because("import.column"));
}

}  // namespace tenon::services
