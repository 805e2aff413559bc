#pragma once
// Settings between their fields and JSON: what may be set, what is set, and what somebody wants.

#include "base/json.h"
#include "modules/tenant_directory.h"
#include "services/settings/setting_rows.h"

namespace tenon::services {

/// What can be set of the company itself.
[[nodiscard]] modules::ModuleSchema company_schema();

/// {owner, label, version, updated_at, updated_by, fields, values, given}: `values` with defaults
/// filled in, `given` the names of those that were set.
[[nodiscard]] json::object settings_json(const modules::ModuleSchema& owner,
                                         const StoredSettings& stored);

/// The values as they are kept; null takes one away. Errors: invalid (`data.fields`) with a
/// FieldError for each that breaks a rule of its field.
[[nodiscard]] Result<json::object> check_settings(const modules::ModuleSchema& owner,
                                                  const json::object& values);

}  // namespace tenon::services
