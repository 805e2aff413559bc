#pragma once
// The condition of a partial index: written in the words of the query dialect over fields of the
// same entity, with constants only, and rendered to SQL that holds no text of a manifest but quoted
// literals.

#include <string>
#include <string_view>

#include "base/error.h"
#include "data/catalog.h"
#include "data/dialect.h"

namespace tenon::data {

/// `status.eq.open` or `(a.eq.1,or(b.is.null,c.gt.5))` as SQL. Errors: invalid (`schema.index`):
/// an unknown field, a wrong value, or a pattern (`like`, `ilike`), which no index can hold.
[[nodiscard]] Result<std::string> predicate_sql(const EntityInfo& entity, std::string_view where,
                                                Dialect dialect);

/// A value as SQL text: NULL, a number, a quoted text, an id.
[[nodiscard]] std::string literal(const Value& value, Dialect dialect);

}  // namespace tenon::data
