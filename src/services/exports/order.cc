#include "services/exports/order.h"

#include <array>

#include "data/files/file_name.h"
#include "services/bulk/members.h"

namespace tenon::services {
namespace {

using namespace std::string_view_literals;

constexpr std::array kFormats = {"csv"sv, "xlsx"sv, "json_lines"sv};
constexpr std::array kHeadings = {"labels"sv, "names"sv};
constexpr std::array kLocales = {"zh-CN"sv, "en"sv};
constexpr std::size_t kLongestQuery = 4096;

Result<> permitted(const modules::RouteCall& call, const std::string& permission) {
  if (permission.empty() || call.principal->has(permission)) return {};
  return fail(Error(ErrorCode::denied, "this needs the right " + permission).because("permission"));
}

/// What the manifest of a plugin says under this name, `crm.price_list`.
Result<DeclaredExport> declared(const modules::RouteCall& call, const Outlook& outlook,
                                const std::string& full) {
  const auto dot = full.find('.');
  const auto list = dot == std::string::npos
                        ? nullptr
                        : outlook.declared(call.tenant->name(), full.substr(0, dot));
  const auto* found = list ? named(list->exports, full.substr(dot + 1)) : nullptr;
  if (found == nullptr)
    return fail(Error(ErrorCode::not_found, "No module that is enabled declares the export \"" +
                                                full.substr(0, 80) + "\".")
                    .because("bulk.named"));
  TENON_TRY(permitted(call, found->permission));
  return *found;
}

}  // namespace

std::string_view to_string(ExportFormat format) noexcept {
  return kFormats[static_cast<std::size_t>(format)];
}
std::string_view ending_of(ExportFormat format) noexcept {
  return format == ExportFormat::json_lines ? "jsonl"sv : to_string(format);
}
std::string_view media_type_of(ExportFormat format) noexcept {
  switch (format) {
    case ExportFormat::csv:
      return "text/csv; charset=utf-8";
    case ExportFormat::xlsx:
      return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    case ExportFormat::json_lines:
      return "application/jsonl; charset=utf-8";
  }
  return "application/octet-stream";
}

Result<const data::EntityInfo*> entity_for(const modules::RouteCall& call,
                                           const data::Catalog& catalog, std::string_view full_name,
                                           std::string_view right) {
  const auto dot = full_name.find('.');
  const auto* found = dot == std::string_view::npos
                          ? nullptr
                          : catalog.find(full_name.substr(0, dot), full_name.substr(dot + 1));
  // For who may do everything, rights are missing only where the plugin is not enabled.
  const bool away = found != nullptr && call.principal->administrator &&
                    call.viewer.rights->on(full_name).scope == data::Scope::none;
  if (found == nullptr || away)
    return fail(
        Error(ErrorCode::not_found, "there is no \"" + std::string(full_name.substr(0, 80)) + "\"")
            .because("http.not_found"));
  TENON_TRY(permitted(call, found->full_name() + std::string(right)));
  return found;
}

Result<ExportOrder> export_order(const modules::RouteCall& call, const std::string& body,
                                 const Outlook& outlook, Timestamp now) {
  TENON_ASSIGN(object, json::parse_object(body));
  Members members(object);
  ExportOrder order;
  const auto entity = members.text("entity");
  const auto known = members.text("export");
  auto query = members.text("query", kLongestQuery);
  auto format = members.word("format", kFormats, known ? "" : "csv");
  order.locale = members.word("locale", kLocales, call.locale);
  order.headings =
      members.word("headings", kHeadings, "labels") == "names" ? Headings::names : Headings::labels;
  order.mark = members.boolean("byte_order_mark", true);
  order.guard = members.boolean("guard_formulas", true);
  auto name = members.text("name");
  if (entity.has_value() == known.has_value())
    members.wrong("entity", "required", "Either an entity or an export of a module is expected.");
  TENON_TRY(members.finish());
  auto full_name = entity.value_or("");
  if (known) {
    TENON_ASSIGN(one, declared(call, outlook, *known));
    const auto plugin = known->substr(0, known->find('.'));
    full_name = plugin + "." + one.entity;
    if (!query) query = one.query;
    if (format.empty()) format = one.format;
    if (!name) name = label_in(one.display_name, order.locale, one.name);
    order.named = *known;
  }
  const auto catalog = call.tenant->catalog();
  TENON_ASSIGN(info, entity_for(call, *catalog, full_name, ".list"));
  order.plugin = info->plugin();
  order.entity = info->name();
  order.text = query.value_or("");
  for (std::size_t i = 0; i < kFormats.size(); ++i)
    if (kFormats[i] == format) order.format = static_cast<ExportFormat>(i);
  TENON_ASSIGN(parameters, data::split_query(order.text));
  order.query = std::move(parameters);
  // Whatever is wrong with the question is told now.
  TENON_ASSIGN(asked, data::parse_query(*info, order.query, call.viewer, catalog));
  TENON_TRY(table_of(*info, asked, call.viewer, order.headings, order.locale));
  if (!name)
    name = label_in(info->entity().display_name, order.locale, info->name()) + " " +
           to_rfc3339(now).substr(0, 10);
  order.name = data::clean_file_name(*name + "." + std::string(ending_of(order.format)));
  return order;
}

}  // namespace tenon::services
