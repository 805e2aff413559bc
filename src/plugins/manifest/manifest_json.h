#pragma once
// The web application knows no entity: its menu, lists and forms are drawn from these two
// documents. The shapes are part of the HTTP API.

#include <span>

#include "base/json.h"
#include "plugins/manifest/manifest.h"

namespace tenon::plugins {

/// GET /api/v1/menu:
///   {"groups":[{"id","label","items":[{"plugin","page","label","icon","kind","entity"}]}]}
/// Labels are objects of locale → text. Groups and items are sorted by their order, then by id.
/// Requires: no pointer is null.
[[nodiscard]] json::object menu_json(std::span<const Manifest* const> manifests);

/// GET /api/v1/schema/{plugin}: plugin, version, entities with fields, indexes, relations and
/// states, extensions with the fields that they add to entities of others, pages, actions. See
/// 5-http-api for the names of a field's members; members that do not apply to a type are left out,
/// except `required`, `unique`, `searchable`, `sortable`, `filterable` and `read_only`. The `type`
/// of a computed field is that of its result; `formula`, `rollup` or `numbering` say how it is come
/// by.
[[nodiscard]] json::object schema_json(const Manifest& manifest);

}  // namespace tenon::plugins
