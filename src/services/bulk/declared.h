#pragma once
// What a plugin's manifest declares for the services: imports, exports and print templates by name.
// The manifest reader fills these and has checked every rule.

#include <memory>
#include <string>
#include <vector>

#include "data/schema.h"

namespace tenon::services {

class PrintTemplate;

struct DeclaredExport {
  std::string name;  // [a-z][a-z0-9_]{0,39}
  data::Localized display_name;
  std::string entity;      // of the same plugin
  std::string query;       // in the record API's dialect; checked against the tenant at run time
  std::string format;      // `csv`, `xlsx`, `json_lines`
  std::string permission;  // full code, `crm.report.read`; empty: that of the entity's list alone
};

struct DeclaredColumn {
  std::string header;
  std::string field;  // empty: the column is read over
  std::string by;     // of a reference: the field of its entity that the cell holds
};

struct DeclaredImport {
  std::string name;
  data::Localized display_name;
  std::string entity;
  std::vector<DeclaredColumn> columns;
  std::vector<std::string> key;
  std::string mode;        // `all_or_nothing`, `skip_bad_rows`
  std::string permission;  // full code; empty: that of the entity's writing alone
};

struct DeclaredTemplate {
  std::string name;
  data::Localized display_name;
  std::string entity;
  std::string permission;
  std::shared_ptr<const PrintTemplate> html;  // shared by the tenants that have the plugin
};

struct Declared {
  std::vector<DeclaredExport> exports;
  std::vector<DeclaredImport> imports;
  std::vector<DeclaredTemplate> templates;
};

/// The one of that name, or null. Lifetime: of the list.
template <class T>
[[nodiscard]] const T* named(const std::vector<T>& list, std::string_view name) noexcept {
  for (const auto& one : list)
    if (one.name == name) return &one;
  return nullptr;
}

}  // namespace tenon::services
