#pragma once
// A manifest says more than tables and columns: relations, document states, additions to the
// entities of others. Here all of it becomes plain entities with plain fields, so that everything
// behind (tables, reads, writes, rights) knows one kind of thing only.

#include <vector>

#include "base/error.h"
#include "data/schema.h"

namespace tenon::data {

/// Separates the plugin from the field in the name of an extension's field: `hr__rank`.
inline constexpr std::string_view kExtensionMark = "__";

/// The entities of one package with a reference field for each many_to_one, a select field for
/// states and an entity for each many_to_many. Idempotent. Errors: invalid (`schema.relation`,
/// `schema.states`, `schema.name`, `schema.limit`: more than 100 tables or 32 indexes).
[[nodiscard]] Result<std::vector<Entity>> expand(std::vector<Entity> entities);

/// The field that states or a many_to_one relation make.
[[nodiscard]] Field status_field(const States& states);
[[nodiscard]] Field reference_field(const Relation& relation);

/// Adds the fields of `extension`, made by `plugin`, to `entity`. Errors: conflict
/// (`schema.extends`) when the entity is not public or has such a field.
[[nodiscard]] Result<> extend(Entity& entity, const Entity& extension);

}  // namespace tenon::data
