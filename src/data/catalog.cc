#include "data/catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/json.h"
#include "data/decode.h"
#include "data/index_rules.h"
#include "data/names.h"
#include "data/predicate.h"
#include "data/relations.h"

namespace tenon::data {
namespace {

constexpr std::size_t kMaxFields = 200;

Storage storage_of(FieldType type) noexcept {
  switch (type) {
    case FieldType::integer:
    case FieldType::decimal:
    case FieldType::money:
    case FieldType::boolean:
    case FieldType::date:
    case FieldType::datetime:
      return Storage::integer;
    case FieldType::uuid:
    case FieldType::reference:
    case FieldType::file:
      return Storage::blob;
    default:
      return Storage::text;
  }
}

Column system_column(std::string name, FieldType type, bool nullable) {
  Column column;
  column.sql = quote(name);
  column.name = std::move(name);
  column.type = type;
  column.storage = storage_of(type);
  column.nullable = nullable;
  column.system = true;
  return column;
}

std::size_t length_of(const Field& field) noexcept {
  if (field.max_length != 0) return field.max_length;
  switch (field.type) {
    case FieldType::text:
      return 100'000;
    case FieldType::json:
    case FieldType::computed:
      return 65'536;
    default:
      return 255;
  }
}

Error field_error(std::string_view field, std::string_view what) {
  return Error(ErrorCode::invalid, fmt::format("Field \"{}\": {}", field, what))
      .because("schema.field");
}

Result<Value> constant(const Column& column, const std::optional<std::string>& text,
                       std::string_view what) {
  if (!text) return Value();
  auto parsed = json::parse(*text);
  if (!parsed) return fail(field_error(column.name, fmt::format("{} is no JSON value.", what)));
  auto value = decode_json(column, *parsed);
  if (!value)
    return fail(field_error(column.name, fmt::format("{}: {}", what, value.error().message)));
  return std::move(*value);
}

Result<Rules> rules_of(const Column& column, const Field& field) {
  Rules rules;
  Column bare = column;  // constants are checked without the bounds they make
  bare.rules.max_length = rules.max_length = length_of(field);
  if (field.pattern) {
    auto pattern = Regex::compile(*field.pattern);
    if (!pattern) return fail(field_error(field.name, pattern.error().message()));
    rules.pattern = std::make_shared<const Regex>(std::move(*pattern));
  }
  if (column.storage == Storage::integer && column.type != FieldType::boolean) {
    TENON_ASSIGN(minimum, constant(bare, field.minimum, "minimum"));
    TENON_ASSIGN(maximum, constant(bare, field.maximum, "maximum"));
    if (!is_null(minimum)) rules.minimum = std::get<std::int64_t>(minimum);
    if (!is_null(maximum)) rules.maximum = std::get<std::int64_t>(maximum);
  }
  bare.rules = rules;
  TENON_ASSIGN(value, constant(bare, field.default_value, "default"));
  rules.default_value = std::move(value);
  return rules;
}

/// `hr__rank` → `rank`.
std::string_view own_name(const Field& field) {
  std::string_view name = field.name;
  if (!field.extension.empty()) name.remove_prefix(field.extension.size() + kExtensionMark.size());
  return name;
}

Result<Column> field_column_of(const Field& field, std::uint32_t extension_number) {
  TENON_TRY(check_name(own_name(field)));
  if (field.scale > 9) return fail(field_error(field.name, "a scale is 0…9."));
  Column column;
  column.name = field.name;
  column.sql = field.extension.empty() ? field_column(field.name)
                                       : extension_column(extension_number, own_name(field));
  column.derived = field.formula || field.rollup;
  column.type = type_of_values(field);
  column.storage = storage_of(column.type);
  column.scale = field.scale;
  column.nullable =
      !field.required || field.type == FieldType::computed || field.type == FieldType::sequence;
  column.writable = field.type != FieldType::computed && field.type != FieldType::sequence;
  if (field.searchable && (field.type == FieldType::string || field.type == FieldType::text))
    column.fold_sql = field.extension.empty() ? fold_column(field.name)
                                              : extension_shadow(extension_number, own_name(field));
  column.field = &field;
  TENON_ASSIGN(rules, rules_of(column, field));
  column.rules = std::move(rules);
  return column;
}

std::size_t label_of(const Entity& entity, const std::vector<Column>& columns) {
  std::size_t first = 0;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (!entity.label_field.empty() && columns[i].name == entity.label_field) return i;
    if (first == 0 && !columns[i].system && columns[i].type == FieldType::string) first = i;
  }
  return first;
}

std::string places(std::size_t count) {
  std::string text;
  for (std::size_t i = 1; i <= count; ++i) text += fmt::format("{}?{}", i == 1 ? "" : ", ", i);
  return text;
}

}  // namespace

Result<std::unique_ptr<EntityInfo>> EntityInfo::make(
    Entity entity, std::uint32_t plugin_number,
    const std::function<std::uint32_t(std::string_view)>& extension_number) {
  TENON_TRY(check_name(entity.name));
  if (entity.fields.size() > kMaxFields)
    return fail(
        Error(ErrorCode::invalid, fmt::format("An entity has at most {} fields.", kMaxFields))
            .because("schema.field"));
  auto info = std::unique_ptr<EntityInfo>(new EntityInfo());
  info->entity_ = std::move(entity);
  const auto& source = info->entity_;
  info->plugin_number_ = plugin_number;
  info->full_name_ = source.plugin + "." + source.name;
  info->table_ = table_name(plugin_number, source.name);

  auto& columns = info->columns_;
  columns.push_back(system_column("id", FieldType::uuid, false));
  for (const auto& field : source.fields) {
    const auto number = field.extension.empty() ? 0U : extension_number(field.extension);
    TENON_ASSIGN(column, field_column_of(field, number));
    if (source.states && source.states->field == field.name) info->status_ = columns.size();
    column.indexed = leads_index(source, field);
    if (!column.fold_sql.empty())
      info->search_table_ = data::search_table(plugin_number, source.name);
    columns.push_back(std::move(column));
  }
  columns.push_back(system_column("version", FieldType::integer, false));
  columns.push_back(system_column("created_at", FieldType::datetime, false));
  columns.push_back(system_column("created_by", FieldType::uuid, true));
  columns.push_back(system_column("updated_at", FieldType::datetime, false));
  columns.push_back(system_column("updated_by", FieldType::uuid, true));
  columns.push_back(system_column("owner", FieldType::uuid, true));
  columns.push_back(system_column("department", FieldType::uuid, true));
  columns.front().indexed = true;
  for (auto& column : columns)
    if (column.name == "owner" || column.name == "department") column.indexed = true;
  info->label_ = label_of(source, columns);

  std::string list;
  std::string shadows;
  std::size_t count = columns.size();
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (!info->by_name_.emplace(columns[i].name, i).second || columns[i].name == "deleted_at")
      return fail(field_error(columns[i].name, "this name is taken."));
    list += (i == 0 ? "" : ", ") + columns[i].sql;
    if (columns[i].fold_sql.empty()) continue;
    shadows += ", " + columns[i].fold_sql;
    ++count;
  }
  for (const auto& index : source.indexes)
    for (const auto& field : index.fields)
      if (source.find(field) == nullptr)
        return fail(Error(ErrorCode::invalid,
                          fmt::format("An index names the unknown field \"{}\".", field))
                        .because("schema.index"));
  info->sql_.columns = list;
  info->sql_.any = fmt::format(
      "SELECT {}, \"deleted_at\", \"deleted_in\" FROM {} WHERE \"id\" = ?1", list, info->table_);
  info->sql_.insert =
      fmt::format("INSERT INTO {} ({}{}) VALUES ({})", info->table_, list, shadows, places(count));
  for (const auto& index : source.indexes)
    if (!index.where.empty()) TENON_TRY(predicate_sql(*info, index.where, Dialect::sqlite));
  TENON_ASSIGN(derived, derive(*info));
  info->derived_ = std::move(derived);
  return info;
}

std::optional<std::size_t> EntityInfo::find(std::string_view column) const noexcept {
  const auto found = by_name_.find(column);
  if (found == by_name_.end()) return std::nullopt;
  return found->second;
}

Result<std::size_t> EntityInfo::column(std::string_view name, std::string_view place) const {
  if (const auto found = find(name)) return *found;
  std::vector<std::string_view> known;
  for (const auto& column : columns_) known.push_back(column.name);
  return fail(unknown(name, place, known));
}

Error EntityInfo::unknown(std::string_view name, std::string_view place,
                          const std::vector<std::string_view>& known) const {
  auto text = fmt::format("\"{}\" has no field \"{}\".{}", entity_.name, name.substr(0, 64),
                          suggestion(name, known));
  return Error(ErrorCode::invalid, text)
      .because("query.unknown_field")
      .with_field({.path = std::string(place), .code = "unknown", .message = text});
}

std::string_view to_string(PluginState state) noexcept {
  switch (state) {
    case PluginState::installed:
      return "installed";
    case PluginState::enabled:
      return "enabled";
    case PluginState::disabled:
      return "disabled";
    case PluginState::uninstalled:
      return "uninstalled";
  }
  return "installed";
}

Result<std::shared_ptr<const Catalog>> Catalog::make(std::vector<PluginRow> plugins,
                                                     std::vector<Entity> entities) {
  auto catalog = std::make_shared<Catalog>();
  catalog->plugins_ = std::move(plugins);
  TENON_TRY(catalog->join_extensions(entities));
  const auto number_of = [&](std::string_view id) { return catalog->plugin(id)->number; };
  for (auto& entity : entities) {
    const auto* plugin = catalog->plugin(entity.plugin);
    if (plugin == nullptr)
      return fail(ErrorCode::conflict, "An entity belongs to no plugin: " + entity.name);
    TENON_ASSIGN(info, EntityInfo::make(std::move(entity), plugin->number, number_of));
    auto name = info->full_name();
    catalog->entities_.emplace(std::move(name), std::move(info));
  }
  for (const auto& [name, info] : catalog->entities_)
    for (std::size_t i = 0; i < info->columns_.size(); ++i) {
      const auto* field = info->columns_[i].field;
      if (field == nullptr || field->type != FieldType::reference) continue;
      const auto& target_plugin = field->ref_plugin.empty() ? info->plugin() : field->ref_plugin;
      const auto target = catalog->entities_.find(target_plugin + "." + field->ref_entity);
      if (target == catalog->entities_.end()) continue;
      target->second->incoming_.push_back({.plugin = info->plugin(),
                                           .entity = info->name(),
                                           .column = i,
                                           .on_delete = field->on_delete});
    }
  for (const auto& [name, info] : catalog->entities_)
    TENON_TRY(link_rollups(*info, [&](const Rollup& rollup) {
      const auto child = catalog->entities_.find(
          (rollup.plugin.empty() ? info->plugin() : rollup.plugin) + "." + rollup.entity);
      return child == catalog->entities_.end() ? std::pair<const EntityInfo*, Derived*>()
                                               : std::pair<const EntityInfo*, Derived*>(
                                                     child->second.get(), &child->second->derived_);
    }));
  return catalog;
}

/// Takes extensions out of `entities` and adds their fields to those they name.
Result<> Catalog::join_extensions(std::vector<Entity>& entities) {
  std::erase_if(entities, [&](Entity& entity) {
    if (entity.extends.empty()) return false;
    extensions_.push_back(std::move(entity));
    return true;
  });
  for (const auto& extension : extensions_) {
    const auto* from = plugin(extension.plugin);
    if (from == nullptr)
      return fail(ErrorCode::conflict, "An extension belongs to no plugin: " + extension.name);
    if (from->state == PluginState::uninstalled) continue;
    const auto target = std::ranges::find_if(entities, [&](const Entity& entity) {
      return entity.plugin == extension.extends && entity.name == extension.name;
    });
    if (target != entities.end()) TENON_TRY(extend(*target, extension));
  }
  return {};
}

const EntityInfo* Catalog::find(std::string_view plugin, std::string_view name) const noexcept {
  std::string full;
  if (name.find('.') == std::string_view::npos) full.append(plugin).append(1, '.');
  full.append(name);
  const auto found = entities_.find(full);
  return found == entities_.end() ? nullptr : found->second.get();
}

Result<const EntityInfo*> Catalog::entity(std::string_view plugin, std::string_view name) const {
  if (const auto* found = find(plugin, name)) return found;
  std::vector<std::string_view> known;
  for (const auto& [full, info] : entities_)
    known.push_back(info->plugin() == plugin ? std::string_view(info->name())
                                             : std::string_view(full));
  return fail(Error(ErrorCode::not_found, fmt::format("There is no entity \"{}\".{}",
                                                      name.substr(0, 128), suggestion(name, known)))
                  .because("schema.unknown_entity"));
}

const PluginRow* Catalog::plugin(std::string_view id) const noexcept {
  const auto found = std::ranges::find(plugins_, id, &PluginRow::id);
  return found == plugins_.end() ? nullptr : &*found;
}

std::vector<const EntityInfo*> Catalog::entities() const {
  std::vector<const EntityInfo*> all;
  for (const auto& [name, info] : entities_) all.push_back(info.get());
  return all;
}

Result<> Catalog::unreferenced(std::string_view plugin) const {
  for (const auto& [name, entity] : entities_) {
    if (entity->plugin() != plugin) continue;
    for (const auto& incoming : entity->incoming())
      if (incoming.plugin != plugin)
        return fail(
            Error(ErrorCode::conflict, fmt::format("\"{}.{}\" refers to \"{}\".", incoming.plugin,
                                                   incoming.entity, entity->full_name()))
                .because("schema.referenced"));
  }
  for (const auto& extension : extensions_)
    if (extension.extends == plugin && extension.plugin != plugin)
      return fail(Error(ErrorCode::conflict, fmt::format("\"{}\" adds fields to \"{}.{}\".",
                                                         extension.plugin, plugin, extension.name))
                      .because("schema.referenced"));
  return {};
}

}  // namespace tenon::data
