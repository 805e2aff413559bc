#pragma once
// What is installed in a tenant, ready for use: each entity with its physical table, its columns
// and the statements that every request on it needs. A catalog never changes; an install makes a
// new one and swaps the pointer.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/regex.h"
#include "data/derived.h"
#include "data/schema.h"
#include "data/value.h"

namespace tenon::data {

/// How a value lies in its column.
enum class Storage : std::uint8_t { integer, text, blob };

/// What a value must keep, made ready for use.
struct Rules {
  std::size_t max_length = 0;            // code points; bytes for JSON
  std::shared_ptr<const Regex> pattern;  // shared by copies of the column
  std::optional<std::int64_t> minimum, maximum;
  Value default_value;  // null: none
};

/// One column that a client may see: a system column or a field.
struct Column {
  std::string name;  // `id`, `created_at`, `name`
  std::string sql;   // quoted physical name
  FieldType type = FieldType::string;
  Storage storage = Storage::text;
  std::uint8_t scale = 0;  // decimal, money
  bool nullable = true;
  bool system = false;    // id, version, created_at …
  bool writable = false;  // by a client
  bool derived = false;   // by the host alone: a formula or a roll-up
  bool indexed = false;   // first column of an index
  std::string fold_sql;   // quoted physical name of the folded shadow, or empty
  Rules rules;
  const Field* field = nullptr;  // into the same EntityInfo; null for a system column
};

class EntityInfo;

/// A field of another entity that points here.
struct Incoming {
  std::string plugin, entity;  // who points
  std::size_t column = 0;      // its column
  OnDelete on_delete = OnDelete::restrict;
};

/// One installed entity. Immutable.
class EntityInfo {
 public:
  /// Errors: invalid (`schema.name`, `schema.field`, `schema.default`, …) for an entity that cannot
  /// be a table. `extension_number` gives the number of a plugin that added a field.
  [[nodiscard]] static Result<std::unique_ptr<EntityInfo>> make(
      Entity entity, std::uint32_t plugin_number,
      const std::function<std::uint32_t(std::string_view)>& extension_number = {});
  EntityInfo(const EntityInfo&) = delete;
  EntityInfo& operator=(const EntityInfo&) = delete;

  [[nodiscard]] const Entity& entity() const noexcept { return entity_; }
  [[nodiscard]] const std::string& plugin() const noexcept { return entity_.plugin; }
  [[nodiscard]] const std::string& name() const noexcept { return entity_.name; }
  /// `crm.customer`, as events and audit rows name it.
  [[nodiscard]] const std::string& full_name() const noexcept { return full_name_; }
  [[nodiscard]] std::uint32_t plugin_number() const noexcept { return plugin_number_; }
  /// Quoted physical table name.
  [[nodiscard]] const std::string& table() const noexcept { return table_; }
  [[nodiscard]] const std::vector<Column>& columns() const noexcept { return columns_; }
  /// Position of a column by its logical name.
  [[nodiscard]] std::optional<std::size_t> find(std::string_view column) const noexcept;
  /// As find(), or an `invalid` error that names the nearest column. `place` is where the name
  /// stood.
  [[nodiscard]] Result<std::size_t> column(std::string_view name, std::string_view place) const;
  /// The `invalid` error of an unknown name, with the nearest of `known`.
  [[nodiscard]] Error unknown(std::string_view name, std::string_view place,
                              const std::vector<std::string_view>& known) const;
  /// Whether any field can be searched: then there is a table of search tokens beside this one.
  [[nodiscard]] bool searchable() const noexcept { return !search_table_.empty(); }
  /// Quoted name of the table of search tokens, or empty.
  [[nodiscard]] const std::string& search_table() const noexcept { return search_table_; }
  /// What a person calls a row: the label field, else the first string field, else the id.
  [[nodiscard]] std::size_t label() const noexcept { return label_; }
  [[nodiscard]] const std::vector<Incoming>& incoming() const noexcept { return incoming_; }
  /// Column of the document state, when the entity has states.
  [[nodiscard]] std::optional<std::size_t> status() const noexcept { return status_; }
  /// What the host fills in.
  [[nodiscard]] const Derived& derived() const noexcept { return derived_; }

  struct Sql {
    std::string columns;  // all visible columns, comma separated
    std::string any;      // ?1 = id; living or not, deleted_at and deleted_in behind the columns
    std::string insert;   // values: all columns() in order, then all shadows in order
  };
  [[nodiscard]] const Sql& sql() const noexcept { return sql_; }

 private:
  friend class Catalog;
  EntityInfo() = default;
  Entity entity_;
  std::uint32_t plugin_number_ = 0;
  std::string full_name_;
  std::string table_;
  std::vector<Column> columns_;
  std::map<std::string, std::size_t, std::less<>> by_name_;
  std::vector<Incoming> incoming_;
  std::optional<std::size_t> status_;
  Derived derived_;
  std::string search_table_;
  std::size_t label_ = 0;
  Sql sql_;
};

enum class PluginState : std::uint8_t { installed, enabled, disabled, uninstalled };
[[nodiscard]] std::string_view to_string(PluginState state) noexcept;

/// One row of the plugin table, without the component's bytes.
struct PluginRow {
  std::uint32_t number = 0;
  std::string id;
  std::string version;
  std::string manifest;  // text of plugin.toml
  std::string sha256;    // of the component, hex
  PluginState state = PluginState::installed;
  std::int64_t installed_at = 0;  // microseconds
};

/// Snapshot of all that is installed. Thread: any.
class Catalog {
 public:
  Catalog() = default;
  /// `entities` are expanded (relations.h); an extension is added to the entity it names, unless
  /// its plugin is uninstalled or that entity is absent. Errors: those of EntityInfo::make and
  /// extend(), conflict when an entity has no plugin.
  [[nodiscard]] static Result<std::shared_ptr<const Catalog>> make(std::vector<PluginRow> plugins,
                                                                   std::vector<Entity> entities);

  /// `name` is `customer` (of `plugin`) or `crm.customer`. Errors: not_found
  /// (`schema.unknown_entity`) with the nearest.
  [[nodiscard]] Result<const EntityInfo*> entity(std::string_view plugin,
                                                 std::string_view name) const;
  [[nodiscard]] const EntityInfo* find(std::string_view plugin,
                                       std::string_view name) const noexcept;
  [[nodiscard]] const PluginRow* plugin(std::string_view id) const noexcept;
  [[nodiscard]] const std::vector<PluginRow>& plugins() const noexcept { return plugins_; }
  [[nodiscard]] std::vector<const EntityInfo*> entities() const;
  /// Errors: conflict (`schema.referenced`) while another plugin refers to tables of `plugin` or
  /// adds to them.
  [[nodiscard]] Result<> unreferenced(std::string_view plugin) const;
  /// Additions to entities of others, as they were declared.
  [[nodiscard]] const std::vector<Entity>& extensions() const noexcept { return extensions_; }

 private:
  [[nodiscard]] Result<> join_extensions(std::vector<Entity>& entities);
  std::vector<PluginRow> plugins_;
  std::vector<Entity> extensions_;
  std::map<std::string, std::unique_ptr<EntityInfo>, std::less<>> entities_;  // by full name
};

}  // namespace tenon::data
