#pragma once
// What a module says about its data. An Entity is one table with real columns; the manifest reader
// fills these structs, the schema engine turns them into tables, the planner checks every request
// against them. Names in here are logical names; physical names are made in one place
// (data/names.h) and never come from a manifest.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::data {

enum class FieldType : std::uint8_t {
  string,   // one line, at most `max_length` code points (default 255)
  text,     // many lines
  integer,  // 64-bit signed
  decimal,  // scaled 64-bit integer, `scale` digits after the point
  money,    // decimal with the tenant's currency, scale 2 unless said
  boolean,
  date,      // YYYY-MM-DD
  datetime,  // UTC microseconds, RFC 3339 outside
  uuid,
  json,
  select,        // one of `options`
  multi_select,  // several of `options`, a JSON array of strings outside
  reference,     // id of a row of `ref_entity`
  file,          // id of a stored file
  sequence,      // number text given by the host
  computed,      // filled by the host or by the plugin's hook, never by a client
};

/// Text per locale (`zh-CN`, `en`); `en` is the fallback.
using Localized = std::map<std::string, std::string>;

enum class OnDelete : std::uint8_t { restrict, set_null, cascade };

/// What a field means to row scopes: whose row it is, which department's, and whether rows form the
/// tree of departments itself.
enum class ScopeRole : std::uint8_t { none, owner, department };

/// Whether rows of an entity are subject to row scopes.
enum class DataScope : std::uint8_t { none, owner, department };

struct Option {
  std::string value;
  Localized label;
};

/// A field that sums up the rows of another entity that refer to this one: living rows only.
enum class Aggregate : std::uint8_t { count, sum, minimum, maximum };
struct Rollup {
  std::string plugin;     // of the other entity; empty: this plugin
  std::string entity;     // the other entity
  std::string reference;  // its field that points here
  Aggregate function = Aggregate::count;
  std::string field;  // its field that is summed up; none for count
};

/// How a `sequence` field gets its number.
struct Numbering {
  std::string format = "{000000}";  // see data/number_format.h
  enum class Mode : std::uint8_t {
    fast,    // never waits for others; a number may be left out
    gapless  // taken last, at commit; none is left out
  } mode = Mode::fast;
};

struct Field {
  std::string name;  // [a-z][a-z0-9_]{0,39}
  FieldType type = FieldType::string;
  Localized display_name;
  bool required = false;
  bool unique = false;
  bool searchable = false;
  bool filterable = false;
  bool sortable = false;
  std::optional<std::string> default_value;  // as the JSON text of the value
  std::uint32_t max_length = 0;              // code points; 0 = the type's default
  std::uint8_t scale = 2;                    // decimal, money: 0…9
  std::optional<std::string> pattern;        // RE2, string and text
  std::optional<std::string> minimum;        // JSON text of a value, inclusive
  std::optional<std::string> maximum;
  std::vector<Option> options;  // select, multi_select
  std::string ref_plugin;       // empty: this plugin
  std::string ref_entity;
  std::string ref_label_field;
  std::string ref_fallback_label;  // shown for a row whose plugin is absent and has no stored label
  OnDelete on_delete = OnDelete::restrict;
  std::string cascade_from;  // field whose choice narrows the choices of this one
  bool no_cycle = false;     // reference to the own entity: a tree
  ScopeRole scope_role = ScopeRole::none;
  std::string renamed_from;  // name in the version before
  std::string ui_widget;
  // A field that another plugin added: who, and the codes of that plugin's permissions that reading
  // and writing it need. Its name is `<plugin>__<field>`.
  std::string extension;
  std::string read_permission, write_permission;
  // computed: by the host, from `formula` (data/formula.h) or `rollup`; by the plugin's hook when
  // there is neither.
  std::optional<std::string> formula;
  std::optional<Rollup> rollup;
  std::optional<FieldType> result;  // how a formula or roll-up is kept, with `scale`
  Numbering numbering;              // sequence
};

struct Index {
  std::vector<std::string> fields;
  bool unique = false;
  std::string where;  // partial: `status.eq.open`, or `(a.eq.1,b.is.null)`; constants only
};

enum class RelationKind : std::uint8_t { one_to_many, many_to_one, many_to_many };

/// What joins an entity to another. many_to_one makes a reference field of that name, many_to_many
/// an entity of its own (`<entity>_<name>` with the fields `source` and `target`); one_to_many
/// names the reference on the other side.
struct Relation {
  std::string name;
  RelationKind kind = RelationKind::many_to_one;
  Localized display_name;
  std::string ref_plugin, ref_entity;
  std::string ref_field;  // one_to_many
  bool required = false;  // many_to_one
  OnDelete on_delete = OnDelete::restrict;
};

struct State {
  std::string name;
  Localized label;
  std::vector<std::string> required;  // fields that must be filled in while it lasts
  bool immutable = false;
};

/// Who has to agree before a step is taken.
struct Approvals {
  std::uint32_t count = 1;           // so many different people
  std::string permission;            // which each of them holds
  bool not_author = true;            // nor who made the document, nor who asks
  std::string amount_field;          // with `above`: only for a larger amount
  std::optional<std::string> above;  // JSON text
};
inline constexpr std::uint32_t kMaxApprovals = 20;

/// A step of a document from one state to another.
struct Transition {
  std::string name;
  Localized display_name;
  std::vector<std::string> from;
  std::string to;
  std::string permission;                   // empty: whoever may write the row
  bool not_author = false;                  // four eyes: not by who made the document
  std::string amount_field;                 // integer, decimal or money
  std::optional<std::string> amount_limit;  // JSON text; above it `amount_permission` is needed
  std::string amount_permission;
  std::optional<Approvals> approvals = {};  // of others, when it needs them
};

/// The life of a document. `field` becomes a select field with one option per state.
struct States {
  std::string field;
  Localized display_name;
  std::string initial;
  std::vector<State> states;
  std::vector<Transition> transitions;

  [[nodiscard]] const State* find(std::string_view state) const noexcept {
    for (const auto& candidate : states)
      if (candidate.name == state) return &candidate;
    return nullptr;
  }
};

struct Entity {
  std::string plugin;  // id of the plugin that owns it
  std::string name;
  Localized display_name;
  bool is_public = false;
  bool soft_delete = true;
  std::string label_field;  // what a person calls a row; defaults to the first string field
  std::vector<Field> fields;
  std::vector<Index> indexes;
  DataScope data_scope = DataScope::none;
  std::string renamed_from;  // name in the version before
  std::vector<Relation> relations;
  std::optional<States> states;
  std::string link_of;  // entity whose many_to_many relation made this one
  // An extension: `name` is an entity of this other plugin, `fields` and `indexes` are added to it.
  std::string extends;
  std::vector<std::string> hooks;  // of an extension: points it takes part in (`before-save`)

  [[nodiscard]] const Field* find(std::string_view field) const noexcept {
    for (const auto& candidate : fields)
      if (candidate.name == field) return &candidate;
    return nullptr;
  }
};

}  // namespace tenon::data
