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
