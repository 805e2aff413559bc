#pragma once
// How an import is to be carried out: the columns, the key, the mode. Said by the client, by a
// module's manifest or guessed; kept in the job's row; checked against the file and the rights of
// who begins it.

#include <string>
#include <vector>

#include "base/json.h"
#include "data/bulk/import.h"
#include "modules/module.h"
#include "services/bulk/job.h"
#include "services/imports/guess.h"

namespace tenon::services {

struct ImportPlan {
  std::vector<data::ImportColumn> columns;
  std::vector<std::string> key;
  data::ImportMode mode = data::ImportMode::all_or_nothing;
  data::ImportRun run = data::ImportRun::write;
};

[[nodiscard]] std::string_view to_string(data::ImportMode mode) noexcept;
[[nodiscard]] json::object to_json(const ImportPlan& plan, const FileHead* head);
[[nodiscard]] ImportPlan plan_of(const json::object& request);
/// `columns`, `key`, `mode` and `dry_run` of a body; what is not said stays as `base` has it.
/// Errors: invalid (`data.fields`).
[[nodiscard]] Result<ImportPlan> plan_of(const std::string& body, ImportPlan base);
/// Errors: invalid (`import.column`, `import.key`).
[[nodiscard]] Result<> check_plan(const ImportPlan& plan, const std::vector<std::string>& headers,
                                  const data::Catalog& catalog, const data::EntityInfo& entity,
                                  const data::Viewer& viewer);

}  // namespace tenon::services
