#pragma once
// Tables from entities: what must be run to create one, to bring one to a newer schema, or to drop
// it.

#include <string>
#include <vector>

#include "base/error.h"
#include "data/catalog.h"
#include "data/dialect.h"

namespace tenon::data {

/// Statements that create the table of `entity` and its indexes. References to entities that
/// `catalog` lacks get no foreign key: they degrade to a stored id.
[[nodiscard]] std::vector<std::string> create_table(const EntityInfo& entity,
                                                    const Catalog& catalog, Dialect dialect);

/// Statements that lead from `before` to `after`. Errors: conflict (`schema.incompatible`) for
/// every change that does more than add: a field that is gone, changes its kind or becomes
/// required.
[[nodiscard]] Result<std::vector<std::string>> upgrade_table(const EntityInfo& before,
                                                             const EntityInfo& after,
                                                             const Catalog& catalog,
                                                             Dialect dialect);

[[nodiscard]] std::vector<std::string> drop_table(const EntityInfo& entity);

}  // namespace tenon::data
