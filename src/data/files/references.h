#pragma once
// A stored file lives as long as records name it. The count changes in the transaction that changes
// the record, so it is never wrong, not even for a moment.

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "data/catalog.h"
#include "data/value.h"
#include "data/viewer.h"
#include "storage/session.h"

namespace tenon::data {

/// Every file that `row` names anew is there and was uploaded by the viewer (the system may name
/// any): to name a file is to be able to read it, so an id that leaked must not be enough. Asked
/// before the row is written. Errors: invalid (`data.fields`, code `reference`).
[[nodiscard]] Result<> check_files(storage::Session& session, const EntityInfo& entity,
                                   const Viewer& viewer, const std::vector<Value>* before,
                                   const std::vector<Value>& row);
/// What a record's row was and has become, in the order of columns(); null where there is none: no
/// `before` for an insert, no `after` when the row was deleted for good. A row in the trash keeps
/// its files, since it may come back. Requires: check_files() of `after`.
[[nodiscard]] Result<> count_files(storage::Session& session, const EntityInfo& entity,
                                   const std::vector<Value>* before,
                                   const std::vector<Value>* after, Timestamp now);
/// A row is about to go for good whose table has columns of modules that are uninstalled.
[[nodiscard]] Result<> release_hidden(storage::Session& session, const Catalog& catalog,
                                      const EntityInfo& entity, const Uuid& id, Timestamp now);
/// The columns that `plugin` added to tables of others are about to go.
[[nodiscard]] Result<> release_added(storage::Session& session, const Catalog& catalog,
                                     std::string_view plugin, Timestamp now);
/// UPDATE that lets go of the files that `column` of `table` names, ?1 = now; with `living` only of
/// those whose rows that table lacks.
[[nodiscard]] std::string release_sql(std::string_view table, std::string_view column,
                                      std::string_view living = {});
/// The table of `entity` is about to go, with all its rows.
[[nodiscard]] Result<> release_files(storage::Session& session, const EntityInfo& entity,
                                     Timestamp now);

}  // namespace tenon::data
