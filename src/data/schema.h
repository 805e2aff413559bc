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
  OnDelete on_delete = OnDelete::restrict;
  std::string ui_widget;
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

  [[nodiscard]] const Field* find(std::string_view field) const noexcept {
    for (const auto& candidate : fields)
      if (candidate.name == field) return &candidate;
    return nullptr;
  }
};

}  // namespace tenon::data
